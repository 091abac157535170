-- svv_columns, not pg_table_def: the latter shows only what the search_path names.
SELECT
    table_name,
    column_name,
    data_type,
    character_maximum_length,
    numeric_precision,
    numeric_scale,
    remarks
FROM svv_columns
WHERE table_schema = $schema_name
ORDER BY table_name, ordinal_position
