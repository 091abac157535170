{{ stage_daily(
    channel='google_ads',
    level='ad',
    day='segments_date',
    account='customer_id',
    currency='customer_currency_code',
    micros=['spend_native'],
    segments=['segments_ad_network_type', 'segments_device'],
    keys={
        'campaign_id': 'campaign_id',
        'ad_group_id': 'ad_group_id',
        'ad_id': 'ad_group_ad_ad_id',
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
