{# TikTok's report of an advertiser has no conversions: NULL, not zero. #}
{{ stage_daily(
    channel='tiktok',
    level='account',
    day='stat_time_day',
    account='advertiser_id',
    keys={},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'video_views': 'video_play_actions',
        'reach': 'reach',
    }
) }}
