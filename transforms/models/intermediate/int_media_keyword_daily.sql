{{ unite_daily('keyword') }}
