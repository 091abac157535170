-- The names of what a line of the quarantine object holds; "raw" is a reserved word.
CREATE TEMPORARY TABLE $stage (
    line BIGINT,
    reason VARCHAR(4096) ENCODE ZSTD,
    "raw" VARCHAR(65535) ENCODE ZSTD,
    raw_base64 VARCHAR(65535) ENCODE ZSTD
)
