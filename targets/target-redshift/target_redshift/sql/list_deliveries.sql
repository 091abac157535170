SELECT
    run_id,
    client,
    tap,
    stream,
    unit,
    table_name,
    manifest_url,
    rows_staged,
    rows_loaded,
    rows_quarantined,
    load_method,
    finished_at,
    $later
FROM $deliveries
WHERE client = $client AND tap = $tap $of_run
ORDER BY finished_at, unit
