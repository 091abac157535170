-- What of the stream had come from the tap when the unit was committed, as its manifest states.
ALTER TABLE ledger.deliveries ADD COLUMN records_received bigint;
ALTER TABLE ledger.deliveries ADD COLUMN checksum text;
