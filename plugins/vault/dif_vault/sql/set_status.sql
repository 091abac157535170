UPDATE dif_vault.credential SET status = %(status)s, mac = %(mac)s
WHERE client = %(client)s AND connector = %(connector)s AND name = %(name)s AND version = %(version)s
    AND mac = %(old_mac)s
