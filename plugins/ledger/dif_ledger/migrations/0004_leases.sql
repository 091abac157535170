-- Whether the one who supervises the run holds an advisory lock of its id: without that lock it is no longer running.
ALTER TABLE ledger.runs ADD COLUMN is_leased boolean NOT NULL DEFAULT false;
