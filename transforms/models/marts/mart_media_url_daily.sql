{{ mart_daily('url') }}
