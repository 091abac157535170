-- Provisioned clusters: the only view that shows the value.
SELECT
    filename,
    line_number,
    colname,
    type,
    col_length,
    err_reason,
    raw_field_value
FROM stl_load_errors
WHERE session = PG_BACKEND_PID()
ORDER BY starttime DESC
LIMIT 1
