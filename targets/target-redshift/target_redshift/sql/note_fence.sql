INSERT INTO $fences (client, tap, fence, session, noted_at)
VALUES ($client, $tap, $number, PG_BACKEND_PID(), GETDATE())
