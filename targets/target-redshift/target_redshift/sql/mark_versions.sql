UPDATE $table
SET $deleted_at = $moment
WHERE ($version IS NULL OR $version < $active)
    AND $deleted_at IS NULL
