-- The days to build, one row an account and day of a level; and whether an earlier build had them.
{{ config(dist='all') }}
with due as (
    select distinct windows.level, windows.platform, windows.account_id, dates.date_day as report_date
    from {{ ref('ctl_deliveries_due') }} as windows
    inner join {{ ref('dim_date') }} as dates on dates.date_day between windows.first_day and windows.last_day
),

built as (
    select windows.level, windows.platform, windows.account_id, windows.first_day, windows.last_day
    from {{ ref('stg_dif__windows') }} as windows
    inner join {{ ref('ctl_built_deliveries') }} as built
        on windows.level = built.level and windows.delivery_id = built.delivery_id
)

select
    due.level,
    due.platform,
    due.account_id,
    due.report_date,
    max(case when built.account_id is null then 0 else 1 end) = 1 as was_covered
from due
left join built
    on due.level = built.level
    and due.platform = built.platform
    and due.account_id = built.account_id
    and due.report_date between built.first_day and built.last_day
group by 1, 2, 3, 4
