{{ mart_daily('ad') }}
