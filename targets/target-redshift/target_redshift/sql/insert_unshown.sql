INSERT INTO $quarantine (
    delivery_id, run_id, client, tap, stream, reason, file, quarantined_at
) VALUES (
    $delivery_id, $run_id, $client, $tap, $stream, $reason, $file, $moment
)
