{{ fleet_union('mart_media_campaign_daily') }}
