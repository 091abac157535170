{{ stage_daily(
    channel='meta',
    level='account',
    day='date_start',
    account='account_id',
    currency='account_currency',
    keys={},
    metrics={
        'spend_native': 'spend',
        'impressions': 'impressions',
        'clicks': 'clicks',
        'link_clicks': 'inline_link_clicks',
        'engagements': 'inline_post_engagement',
        'reach': 'reach',
    }
) }}
