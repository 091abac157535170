{# Keywords are one of the things that Pinterest breaks figures down by. #}
{{ stage_daily(
    channel='pinterest',
    level='keyword',
    day='date',
    account='ad_account_id',
    micros=['spend_native', 'conversion_value_native'],
    keys={'campaign_id': 'campaign_id', 'ad_group_id': 'ad_group_id', 'keyword_id': 'targeting_value', 'keyword_text': 'targeting_value'},
    metrics={
        'spend_native': 'spend_in_micro_dollar',
        'impressions': 'total_impression',
        'clicks': 'total_clickthrough',
        'engagements': 'total_engagement',
        'conversions': 'total_conversions',
    },
    only={'targeting_type': 'KEYWORD'},
) }}
