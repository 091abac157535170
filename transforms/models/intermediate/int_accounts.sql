{{ unite_entities('account', ['account_id']) }}
