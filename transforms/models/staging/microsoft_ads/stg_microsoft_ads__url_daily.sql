{{ stage_daily(
    channel='microsoft_ads',
    level='url',
    day='timeperiod',
    account='accountid',
    currency='currencycode',
    segments=[
        'destinationurl',
        'finalmobileurl',
        'finalappurl',
        'addistribution',
        'devicetype',
        'network',
        'deviceos',
        'topvsother',
        'bidmatchtype',
        'deliveredmatchtype',
        'language',
    ],
    keys={
        'campaign_id': 'campaignid',
        'ad_group_id': 'adgroupid',
        'ad_id': 'adid',
        'landing_url': 'finalurl',
    },
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'conversions': 'conversionsqualified',
        'conversion_value_native': 'revenue',
    }
) }}
