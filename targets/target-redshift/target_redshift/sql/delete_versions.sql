DELETE FROM $table
WHERE $version IS NULL OR $version < $active
