{{ stage_daily(
    channel='microsoft_ads',
    level='campaign',
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
    ],
    keys={'campaign_id': 'campaignid'},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'video_views': 'videoviews',
        'conversions': 'conversionsqualified',
        'conversion_value_native': 'revenue',
    }
) }}
