INSERT INTO ledger.streams (
    run_id, stream, extracted, staged, loaded, rejected, checksum_sent, checksum_received, superseded, windows, complete
) VALUES (
    %(run_id)s, %(stream)s, %(extracted)s, %(staged)s, %(loaded)s, %(rejected)s,
    %(checksum_sent)s, %(checksum_received)s, %(superseded)s, %(windows)s, %(complete)s
)
