SELECT column_name FROM svv_columns WHERE table_schema = $schema_name AND table_name = $table_name
