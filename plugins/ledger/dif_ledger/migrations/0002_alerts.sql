-- What was last told through each channel of each stream, so that a change of state is told once.
CREATE TABLE ledger.alerts (
    key text PRIMARY KEY, -- channel, client, tap, stream
    client text NOT NULL,
    tap text NOT NULL,
    stream text NOT NULL,
    state text NOT NULL,
    cause text NOT NULL,
    since timestamptz NOT NULL,
    notified_at timestamptz NOT NULL
);
