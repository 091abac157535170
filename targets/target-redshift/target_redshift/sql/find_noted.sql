SELECT manifest_url, rows_loaded, rows_superseded, finished_at
FROM $deliveries
WHERE manifest_url IN ($manifest_urls)
