{{ stage_daily(
    channel='pinterest',
    level='account',
    day='date',
    account='ad_account_id',
    micros=['spend_native', 'conversion_value_native'],
    keys={},
    metrics={
        'spend_native': 'spend_in_micro_dollar',
        'conversion_value_native': 'total_conversions_value_in_micro_dollar',
        'impressions': 'total_impression',
        'clicks': 'total_clickthrough',
        'link_clicks': 'outbound_click_1',
        'engagements': 'total_engagement',
        'video_views': 'total_video_mrc_views',
        'reach': 'total_impression_user',
        'conversions': 'total_conversions',
    }
) }}
