INSERT INTO dif_vault.credential (
    client, connector, name, version, kind, status, fields, written_at, written_by, expires_at,
    key_id, wrapped_key, nonce, ciphertext, mac
) VALUES (
    %(client)s, %(connector)s, %(name)s, %(version)s, %(kind)s, %(status)s, %(fields)s, %(written_at)s,
    %(written_by)s, %(expires_at)s, %(key_id)s, %(wrapped_key)s, %(nonce)s, %(ciphertext)s, %(mac)s
)
