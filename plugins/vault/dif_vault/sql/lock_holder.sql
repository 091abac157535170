-- A bigint key stands in two halves: classid and objid, with objsubid 1.
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND (classid::bigint << 32 | objid::bigint) = %(key)s
