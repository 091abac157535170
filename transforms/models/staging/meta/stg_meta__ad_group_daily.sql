{{ stage_daily(
    channel='meta',
    level='ad_group',
    day='date_start',
    account='account_id',
    currency='account_currency',
    keys={'campaign_id': 'campaign_id', 'ad_group_id': 'adset_id'},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'link_clicks': 'inline_link_clicks',
        'engagements': 'inline_post_engagement',
        'reach': 'reach',
    }
) }}
