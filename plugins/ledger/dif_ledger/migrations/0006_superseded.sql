-- Rows of which a later one has the key: staged, and rightly not loaded.
ALTER TABLE ledger.deliveries ADD COLUMN superseded bigint;
ALTER TABLE ledger.streams ADD COLUMN superseded bigint;
