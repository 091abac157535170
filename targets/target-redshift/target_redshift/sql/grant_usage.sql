GRANT USAGE ON SCHEMA $schema TO $grantees
