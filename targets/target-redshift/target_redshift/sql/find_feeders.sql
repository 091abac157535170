SELECT DISTINCT
    tap,
    stream
FROM $deliveries
WHERE table_name = $table_name
