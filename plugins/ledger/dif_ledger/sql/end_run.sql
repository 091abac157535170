UPDATE ledger.runs
SET
    ended_at = %(ended_at)s,
    status = %(status)s,
    cause = %(cause)s,
    message = %(message)s,
    retry_at = %(retry_at)s,
    tap_exit = %(tap_exit)s,
    target_exit = %(target_exit)s,
    waited_seconds = %(waited_seconds)s,
    retries = %(retries)s,
    request = %(request)s
WHERE run_id = %(run_id)s AND status = 'running'
