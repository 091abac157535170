INSERT INTO ledger.deliveries (
    run_id, client, tap, stream, unit, destination, manifest, rows, loaded, quarantined, bytes, covered, committed_at,
    records_received, checksum, superseded
) VALUES (
    %(run_id)s, %(client)s, %(tap)s, %(stream)s, %(unit)s, %(destination)s, %(manifest)s,
    %(rows)s, %(loaded)s, %(quarantined)s, %(bytes)s, %(covered)s, %(committed_at)s,
    %(records_received)s, %(checksum)s, %(superseded)s
) ON CONFLICT (destination, manifest) DO NOTHING
