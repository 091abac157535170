{{ unite_daily('ad') }}
