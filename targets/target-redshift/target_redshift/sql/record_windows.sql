INSERT INTO $covered (
    delivery_id, run_id, client, tap, stream, partition_keys, first_day, last_day, finished_at
) VALUES
    $windows
