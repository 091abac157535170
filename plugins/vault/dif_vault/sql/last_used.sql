SELECT client, connector, name, max(at) FROM dif_vault.audit
WHERE action = 'open'
GROUP BY client, connector, name
