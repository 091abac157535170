DELETE FROM ledger.deliveries WHERE client = %s AND tap = %s AND destination = %s
