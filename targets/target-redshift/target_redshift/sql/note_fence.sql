INSERT INTO $fences (client, tap, fence, session, noted_at)
VALUES ($client, $tap, $number, $session, $moment)
