INSERT INTO $quarantine (
    delivery_id, run_id, client, tap, stream, line, reason, record, file, quarantined_at
)
SELECT
    $delivery_id,
    $run_id,
    $client,
    $tap,
    $stream,
    line,
    reason,
    COALESCE("raw", raw_base64),
    $file,
    $moment::TIMESTAMPTZ
FROM $stage
