{{ unite_daily('campaign') }}
