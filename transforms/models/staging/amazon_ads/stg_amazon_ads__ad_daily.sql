{{ amazon_daily('ad', keys={'campaign_id': 'campaignid', 'ad_group_id': 'adgroupid', 'ad_id': 'adid'}) }}
