SELECT entry, hash FROM dif_vault.audit_head
