{{ mart_daily('account') }}
