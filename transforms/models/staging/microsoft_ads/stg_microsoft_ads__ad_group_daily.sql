{{ stage_daily(
    channel='microsoft_ads',
    level='ad_group',
    day='timeperiod',
    account='accountid',
    currency='currencycode',
    segments=[
        'addistribution',
        'devicetype',
        'network',
        'deviceos',
        'topvsother',
        'bidmatchtype',
        'deliveredmatchtype',
        'language',
    ],
    keys={'campaign_id': 'campaignid', 'ad_group_id': 'adgroupid'},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'video_views': 'videoviews',
        'conversions': 'conversionsqualified',
        'conversion_value_native': 'revenue',
    }
) }}
