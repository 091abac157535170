CREATE TABLE $table (
    delivery_id VARCHAR(1024) ENCODE ZSTD,
    run_id VARCHAR(256) ENCODE ZSTD,
    client VARCHAR(256) ENCODE ZSTD,
    tap VARCHAR(256) ENCODE ZSTD,
    stream VARCHAR(1024) ENCODE ZSTD,
    unit BIGINT,
    table_name VARCHAR(256) ENCODE ZSTD,
    manifest_url VARCHAR(2048) ENCODE ZSTD,
    rows_staged BIGINT,
    rows_loaded BIGINT,
    rows_superseded BIGINT,
    rows_quarantined BIGINT,
    records_received BIGINT,
    checksum VARCHAR(64) ENCODE ZSTD,
    load_method VARCHAR(16) ENCODE ZSTD,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ
) DISTSTYLE AUTO SORTKEY AUTO
