-- A row of a day that no delivery covers would never be replaced.
{% for level in all_levels() %}
select '{{ level }}' as level, facts.platform, facts.account_id, facts.report_date, facts.row_key
from {{ ref('fct_media_' ~ level ~ '_daily') }} as facts
left join {{ ref('ctl_completeness') }} as days
    on days.level = '{{ level }}'
    and facts.platform = days.platform
    and facts.account_id = days.account_id
    and facts.report_date = days.report_date
where coalesce(days.status, 'missing') = 'missing'
{{ 'union all' if not loop.last }}
{% endfor %}
