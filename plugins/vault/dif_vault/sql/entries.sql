SELECT entry, at, actor, run_id, action, client, connector, name, version, detail, previous, hash, mac
FROM dif_vault.audit
ORDER BY entry
