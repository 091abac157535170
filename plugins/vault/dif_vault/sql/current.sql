-- In one snapshot: what the audit says was written last, and what stands there. Always one row.
SELECT
    said.version AS written, marked.status AS marked,
    held.client, held.connector, held.name, held.version, held.kind, held.status, held.fields, held.written_at,
    held.written_by, held.expires_at, held.key_id, held.wrapped_key, held.nonce, held.ciphertext, held.mac
FROM (
    SELECT coalesce(max(version), 0) AS version
    FROM dif_vault.audit
    WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s AND action = 'put'
) AS said
LEFT JOIN LATERAL (
    SELECT *
    FROM dif_vault.credential
    WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s
    ORDER BY version DESC
    LIMIT 1
) AS held ON true
LEFT JOIN LATERAL (
    SELECT split_part(detail, ':', 1) AS status
    FROM dif_vault.audit
    WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s AND action = 'status'
        AND version = held.version
    ORDER BY entry DESC
    LIMIT 1
) AS marked ON true
