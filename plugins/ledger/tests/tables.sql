-- The tables of the ledger as the rooms that read them expect them.
DROP SCHEMA IF EXISTS ledger CASCADE;
CREATE SCHEMA ledger;
CREATE TABLE ledger.runs (
    run_id text PRIMARY KEY, client text NOT NULL, tap text NOT NULL, target text NOT NULL,
    kind text NOT NULL DEFAULT 'live', command text, started_at timestamptz NOT NULL, ended_at timestamptz,
    status text NOT NULL, cause text, message text, retry_at timestamptz, tap_exit integer, target_exit integer,
    waited_seconds double precision, retries integer, log_path text, request jsonb
);
CREATE TABLE ledger.streams (
    run_id text NOT NULL, stream text NOT NULL, extracted bigint, staged bigint, loaded bigint, rejected bigint,
    checksum_sent text, checksum_received text, windows jsonb, complete boolean, PRIMARY KEY (run_id, stream)
);
CREATE TABLE ledger.failures (run_id text NOT NULL, stream text NOT NULL, partition jsonb, reason text);
CREATE TABLE ledger.deliveries (
    run_id text, client text, tap text, stream text, unit bigint, destination text, manifest text, rows bigint,
    loaded bigint, quarantined bigint, bytes bigint, covered jsonb, committed_at timestamptz,
    PRIMARY KEY (destination, manifest)
);
