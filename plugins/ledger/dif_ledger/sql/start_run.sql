INSERT INTO ledger.runs (run_id, client, tap, target, kind, command, started_at, status, log_path, is_leased)
VALUES (%(run_id)s, %(client)s, %(tap)s, %(target)s, %(kind)s, %(command)s, %(started_at)s, 'running', %(log_path)s, true)
