INSERT INTO ledger.failures (run_id, stream, partition, reason)
VALUES (%(run_id)s, %(stream)s, %(partition)s, %(reason)s)
