SELECT DISTINCT ON (client, connector, name)
    client, connector, name, version, kind, status, fields, written_at, written_by, expires_at,
    key_id, wrapped_key, nonce, ciphertext, mac
FROM dif_vault.credential
ORDER BY client, connector, name, version DESC
