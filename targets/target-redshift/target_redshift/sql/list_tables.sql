SELECT table_name, remarks FROM svv_tables WHERE table_schema = $schema_name
