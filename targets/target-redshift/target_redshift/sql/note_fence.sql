-- SYSDATE, not GETDATE: cut to whole seconds, a session would seem to begin after it was noted.
INSERT INTO $fences (client, tap, fence, session, noted_at)
VALUES ($client, $tap, $number, $session, SYSDATE)
