INSERT INTO dif_vault.access_token (client, connector, name, version, nonce, ciphertext)
VALUES (%(client)s, %(connector)s, %(name)s, %(version)s, %(nonce)s, %(ciphertext)s)
ON CONFLICT (client, connector, name) DO UPDATE
SET version = excluded.version, nonce = excluded.nonce, ciphertext = excluded.ciphertext
