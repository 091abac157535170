SELECT COUNT(*) AS without_key FROM $stage WHERE $any_key_is_null
