UPDATE dif_vault.credential SET key_id = %(key_id)s, wrapped_key = %(wrapped_key)s
WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s AND version = %(version)s
    AND wrapped_key = %(old_wrapped_key)s
