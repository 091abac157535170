{{ stage_daily(
    channel='tiktok',
    level='ad_group',
    day='stat_time_day',
    account='advertiser_id',
    keys={'campaign_id': 'campaign_id', 'ad_group_id': 'adgroup_id'},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'video_views': 'video_play_actions',
        'reach': 'reach',
        'conversions': 'conversion',
    }
) }}
