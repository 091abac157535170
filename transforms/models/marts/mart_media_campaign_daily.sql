{{ mart_daily('campaign') }}
