{{ amazon_daily('ad_group', keys={'campaign_id': 'campaignid', 'ad_group_id': 'adgroupid'}) }}
