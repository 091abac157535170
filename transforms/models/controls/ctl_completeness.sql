-- For every account and level, each day from the first that was read to yesterday: was it read, and after it was over?
-- A day that was read and has no rows is zero; a day that nobody has read is missing.
{{ config(dist='all', sort='report_date') }}
with windows as (
    select level, platform, account_id, stream_name, first_day, last_day, run_id, finished_at
    from {{ ref('stg_dif__windows') }}
),

accounts as (
    select
        ranges.level,
        ranges.platform,
        ranges.account_id,
        ranges.stream_name,
        ranges.first_day,
        ranges.last_day,
        coalesce(channels.days_in, versions.time_zone, 'UTC') as account_timezone,
        channels.final_after_days
    from (
        select level, platform, account_id, stream_name, min(first_day) as first_day, max(last_day) as last_day
        from windows
        group by 1, 2, 3, 4
    ) as ranges
    inner join {{ ref('ctl_channels') }} as channels on ranges.platform = channels.platform
    left join {{ ref('int_account_versions') }} as versions
        on ranges.platform = versions.platform
        and ranges.account_id = versions.account_id
        and versions.known_to = cast('9999-12-31' as timestamp)
),

expected as (
    select
        accounts.*,
        dates.date_day as report_date,
        convert_timezone(accounts.account_timezone, 'UTC', cast(dates.date_day as timestamp)) as date_utc_start,
        convert_timezone(accounts.account_timezone, 'UTC', cast(dates.date_day + 1 as timestamp)) as date_utc_end
    from accounts
    inner join {{ ref('dim_date') }} as dates
        on dates.date_day >= accounts.first_day
        and dates.date_day <= greatest(
            accounts.last_day,
            cast(dateadd('day', -1, convert_timezone('UTC', accounts.account_timezone, {{ as_of() }})) as date)
        )
),

covered as (
    select
        windows.level,
        windows.platform,
        windows.account_id,
        windows.stream_name,
        dates.date_day as report_date,
        min(windows.finished_at) as first_covered_at,
        max(windows.finished_at) as last_covered_at,
        max(windows.run_id) as run_id
    from windows
    inner join {{ ref('dim_date') }} as dates on dates.date_day between windows.first_day and windows.last_day
    group by 1, 2, 3, 4, 5
)

select
    cast('{{ client_id() }}' as varchar(64)) as client_id,
    expected.level,
    expected.platform,
    expected.account_id,
    max(expected.stream_name) as stream_name,
    expected.report_date,
    expected.account_timezone,
    expected.date_utc_start,
    expected.date_utc_end,
    datediff('hour', expected.date_utc_start, expected.date_utc_end) as day_length_hours,
    -- Where several reports feed a level, the one that was read least decides.
    case
        when count(covered.last_covered_at) < count(*) then 'missing'
        when min(covered.last_covered_at) < expected.date_utc_end then 'partial'
        else 'complete'
    end as status,
    coalesce(
        count(covered.last_covered_at) = count(*)
        and min(covered.last_covered_at) >= dateadd('day', max(expected.final_after_days), expected.date_utc_end),
        false
    ) as is_final,
    max(covered.first_covered_at) as first_covered_at,
    min(covered.last_covered_at) as last_covered_at,
    max(covered.run_id) as run_id,
    {{ as_of() }} as checked_at
from expected
left join covered
    on expected.level = covered.level
    and expected.platform = covered.platform
    and expected.account_id = covered.account_id
    and expected.stream_name = covered.stream_name
    and expected.report_date = covered.report_date
group by
    expected.level,
    expected.platform,
    expected.account_id,
    expected.report_date,
    expected.account_timezone,
    expected.date_utc_start,
    expected.date_utc_end
