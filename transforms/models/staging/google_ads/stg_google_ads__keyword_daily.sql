{{ stage_daily(
    channel='google_ads',
    level='keyword',
    day='segments_date',
    account='customer_id',
    currency='customer_currency_code',
    micros=['spend_native'],
    segments=['segments_ad_network_type', 'segments_device'],
    keys={
        'campaign_id': 'campaign_id',
        'ad_group_id': 'ad_group_id',
        'keyword_id': 'ad_group_criterion_criterion_id',
        'keyword_text': 'ad_group_criterion_keyword_text',
        'keyword_match_type': 'ad_group_criterion_keyword_match_type',
    },
    metrics={
        'spend_native': 'metrics_cost_micros',
        'impressions': 'metrics_impressions',
        'clicks': 'metrics_clicks',
        'engagements': 'metrics_interactions',
        'conversions': 'metrics_conversions',
        'conversion_value_native': 'metrics_conversions_value',
    }
) }}
