-- The days of these deliveries, one row an account and day of a level.
{{ config(dist='all') }}
select distinct windows.level, windows.platform, windows.account_id, dates.date_day as report_date
from {{ ref('stg_dif__windows') }} as windows
inner join {{ ref('ctl_deliveries_to_check') }} as waiting
    on windows.level = waiting.level and windows.delivery_id = waiting.delivery_id
inner join {{ ref('dim_date') }} as dates on dates.date_day between windows.first_day and windows.last_day
