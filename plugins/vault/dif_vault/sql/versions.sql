SELECT
    client, connector, name, version, kind, status, fields, written_at, written_by, expires_at,
    key_id, wrapped_key, nonce, ciphertext, mac
FROM dif_vault.credential
WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s
ORDER BY version
