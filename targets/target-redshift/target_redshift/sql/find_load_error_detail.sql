-- Serverless (and provisioned): the same, without the value.
SELECT
    file_name,
    line_number,
    column_name,
    column_type,
    column_length,
    error_message
FROM sys_load_error_detail
WHERE session_id = PG_BACKEND_PID()
ORDER BY start_time DESC
LIMIT 1
