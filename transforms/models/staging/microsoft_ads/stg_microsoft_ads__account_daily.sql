{{ stage_daily(
    channel='microsoft_ads',
    level='account',
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
    keys={},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'video_views': 'videoviews',
        'conversions': 'conversionsqualified',
        'conversion_value_native': 'revenue',
    }
) }}
