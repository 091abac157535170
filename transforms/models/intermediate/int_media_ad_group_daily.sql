{{ unite_daily('ad_group') }}
