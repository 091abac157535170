-- Always one row: the version of the credential in force, and the access token that was left last.
SELECT
    (
        SELECT max(version) FROM dif_vault.credential
        WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s
    ) AS in_force,
    extract(epoch FROM clock_timestamp())::float8 AS now,
    token.version, token.nonce, token.ciphertext
FROM (SELECT) AS one
LEFT JOIN dif_vault.access_token AS token
    ON token.client = %(client)s AND token.connector = %(connector)s AND token.name = %(name)s
