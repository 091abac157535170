{{ mart_daily('ad_group') }}
