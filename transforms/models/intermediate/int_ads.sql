{{ unite_entities('ad', ['account_id', 'ad_group_id', 'ad_id']) }}
