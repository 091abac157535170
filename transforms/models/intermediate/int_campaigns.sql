{{ unite_entities('campaign', ['account_id', 'campaign_id']) }}
