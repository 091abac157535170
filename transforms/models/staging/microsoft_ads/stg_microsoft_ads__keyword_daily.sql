{# The match type is the one that was bid on; what it was delivered for is a segment. #}
{{ stage_daily(
    channel='microsoft_ads',
    level='keyword',
    day='timeperiod',
    account='accountid',
    currency='currencycode',
    segments=[
        'adid',
        'addistribution',
        'devicetype',
        'network',
        'deviceos',
        'topvsother',
        'deliveredmatchtype',
        'language',
    ],
    keys={
        'campaign_id': 'campaignid',
        'ad_group_id': 'adgroupid',
        'keyword_id': 'keywordid',
        'keyword_text': 'keyword',
        'keyword_match_type': 'bidmatchtype',
    },
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'conversions': 'conversionsqualified',
        'conversion_value_native': 'revenue',
    }
) }}
