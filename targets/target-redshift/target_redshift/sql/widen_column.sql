ALTER TABLE $table ALTER COLUMN $column TYPE VARCHAR($max_bytes)
