UPDATE dif_vault.audit_head SET entry = %(entry)s, hash = %(hash)s
