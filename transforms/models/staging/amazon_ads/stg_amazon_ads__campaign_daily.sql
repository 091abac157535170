{{ amazon_daily('campaign', keys={'campaign_id': 'campaignid'}) }}
