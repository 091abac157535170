{{ unite_daily('account') }}
