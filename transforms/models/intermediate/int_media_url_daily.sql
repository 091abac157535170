{{ unite_daily('url') }}
