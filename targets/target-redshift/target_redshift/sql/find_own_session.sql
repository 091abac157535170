-- On its own: only the leader node knows it, and no table's statement may use what only it knows. SYSDATE, not GETDATE:
-- cut to whole seconds, a session would seem to begin after it was noted.
SELECT
    PG_BACKEND_PID() AS session,
    SYSDATE AS moment
