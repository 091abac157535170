{{ mart_daily('keyword') }}
