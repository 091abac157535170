-- Days of the past that somebody asked for, whole when all of its chunks are done.
CREATE TABLE ledger.backfills (
    backfill_id text PRIMARY KEY,
    client text NOT NULL,
    tap text NOT NULL,
    target text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('backfill', 'catch_up')),
    first_day date NOT NULL,
    last_day date NOT NULL, -- included
    streams jsonb NOT NULL,
    command text NOT NULL, -- goes on with it
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz -- when the last chunk was done
);
CREATE INDEX backfills_by_pipe ON ledger.backfills (client, tap, started_at);

-- What one run loads of it, and how the last run of it ended.
CREATE TABLE ledger.chunks (
    backfill_id text NOT NULL REFERENCES ledger.backfills ON DELETE CASCADE,
    number integer NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    streams jsonb NOT NULL,
    status text NOT NULL DEFAULT 'waiting'
    CHECK (status IN ('waiting', 'running', 'done', 'partial', 'deferred', 'failed')),
    runs integer NOT NULL DEFAULT 0,
    run_id text, -- of the last run; it may be gone from the runs
    PRIMARY KEY (backfill_id, number)
);
