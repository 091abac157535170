{{ unite_entities('ad_group', ['account_id', 'ad_group_id']) }}
