SELECT entry, hash, clock_timestamp() FROM dif_vault.audit_head FOR UPDATE
