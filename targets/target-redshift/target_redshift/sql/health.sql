-- One row: who is logged in, what that user may do here, and the warehouse's time, in seconds since 1970.
SELECT
    CURRENT_USER,
    HAS_DATABASE_PRIVILEGE($database, 'CREATE'),
    COUNT(nspname) > 0,
    COALESCE(BOOL_AND(HAS_SCHEMA_PRIVILEGE(nspname, 'USAGE') AND HAS_SCHEMA_PRIVILEGE(nspname, 'CREATE')), FALSE),
    EXTRACT(EPOCH FROM GETDATE())
FROM pg_namespace
WHERE nspname = $schema
