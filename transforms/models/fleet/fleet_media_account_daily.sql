{{ fleet_union('mart_media_account_daily') }}
