-- One supervised run of a tap into a target, from its start; what became of it when it has ended.
CREATE TABLE ledger.runs (
    run_id text PRIMARY KEY,
    client text NOT NULL,
    tap text NOT NULL,
    target text NOT NULL,
    kind text NOT NULL DEFAULT 'live' CHECK (kind IN ('live', 'backfill', 'catch_up')),
    command text, -- reproduces the run
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    status text NOT NULL CHECK (status IN ('running', 'done', 'partial', 'deferred', 'failed')),
    cause text, -- a short code, as token_expired
    message text, -- a sentence for the person on call, redacted
    retry_at timestamptz, -- of a deferred run
    tap_exit integer,
    target_exit integer,
    waited_seconds double precision, -- for budgets
    retries integer,
    log_path text,
    request jsonb, -- the one that failed, redacted
    CHECK ((status = 'running') = (ended_at IS NULL))
);
CREATE INDEX runs_by_pipe ON ledger.runs (client, tap, started_at);
CREATE INDEX runs_by_start ON ledger.runs (started_at);

-- What a run did for one stream: sent by the tap, staged and loaded by the target.
CREATE TABLE ledger.streams (
    run_id text NOT NULL REFERENCES ledger.runs ON DELETE CASCADE,
    stream text NOT NULL,
    extracted bigint,
    staged bigint,
    loaded bigint,
    rejected bigint,
    checksum_sent text,
    checksum_received text,
    windows jsonb, -- [{partition, from, to}], both days included
    complete boolean,
    PRIMARY KEY (run_id, stream)
);

-- Partitions that a run could not read.
CREATE TABLE ledger.failures (
    run_id text NOT NULL REFERENCES ledger.runs ON DELETE CASCADE,
    stream text NOT NULL,
    partition jsonb,
    reason text
);
CREATE INDEX failures_by_run ON ledger.failures (run_id);

-- A mirror of what the destinations state themselves. It may know runs that nobody supervised, so it refers to none.
CREATE TABLE ledger.deliveries (
    run_id text NOT NULL,
    client text NOT NULL,
    tap text NOT NULL,
    stream text NOT NULL,
    unit bigint NOT NULL,
    destination text NOT NULL,
    manifest text NOT NULL, -- its URI
    rows bigint NOT NULL,
    loaded bigint NOT NULL,
    quarantined bigint NOT NULL,
    bytes bigint,
    covered jsonb,
    committed_at timestamptz NOT NULL,
    PRIMARY KEY (destination, manifest)
);
CREATE INDEX deliveries_by_pipe ON ledger.deliveries (client, tap, stream, committed_at);
CREATE INDEX deliveries_by_time ON ledger.deliveries (committed_at);
CREATE INDEX deliveries_by_run ON ledger.deliveries (run_id);
