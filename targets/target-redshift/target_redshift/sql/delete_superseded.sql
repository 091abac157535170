-- The table may hold what a later run has read: an earlier run that comes late must not put it back.
DELETE FROM $stage
USING $table
WHERE $match AND $table.$sequence > $stage.$sequence
