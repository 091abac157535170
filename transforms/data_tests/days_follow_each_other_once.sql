-- The UTC interval of a day ends where the next begins, also when clocks change: no hour twice, none left out.
with days as (
    select
        level,
        platform,
        account_id,
        report_date,
        date_utc_start,
        lag(report_date) over (partition by level, platform, account_id order by report_date) as day_before,
        lag(date_utc_end) over (partition by level, platform, account_id order by report_date) as end_before
    from {{ ref('ctl_completeness') }}
)

select *
from days
where end_before <> date_utc_start or report_date - day_before <> 1
