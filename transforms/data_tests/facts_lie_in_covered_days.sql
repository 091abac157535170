-- A row of a day that no delivery covers would never be replaced. All days, for a table that is made anew takes all rows.
{% for level in all_levels() %}
select '{{ level }}' as level, facts.platform, facts.account_id, facts.report_date, facts.times
from (
    select platform, account_id, report_date, count(*) as times
    from {{ ref('fct_media_' ~ level ~ '_daily') }}
    group by 1, 2, 3
) as facts
left join {{ ref('ctl_completeness') }} as days
    on days.level = '{{ level }}'
    and facts.platform = days.platform
    and facts.account_id = days.account_id
    and facts.report_date = days.report_date
where coalesce(days.status, 'missing') = 'missing'
{{ 'union all' if not loop.last }}
{% endfor %}
