{# Microsoft's campaign report has the conversions of all goals together, by the day of the click; those that count as
   conversions, all, and those after a view. #}
{%- set raw = raw_stream('microsoft_ads', var('channels').microsoft_ads.levels.campaign) -%}
{%- set kinds = {
    'conversions': ('conversionsqualified', 'revenue', 'all'),
    'all_conversions': ('allconversionsqualified', 'allrevenue', 'all'),
    'view_through_conversions': ('viewthroughconversionsqualified', 'viewthroughrevenue', 'view_through'),
} -%}
{% for kind, (count, value, category) in kinds.items() %}
select
    cast('microsoft_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'accountid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaignid', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'timeperiod', 'date') }} as report_date,
    cast('{{ kind }}' as varchar(256)) as action_type,
    cast('{{ category }}' as varchar(32)) as action_category,
    cast('goal' as varchar(64)) as attribution_window,
    sum({{ raw_column(raw, count, 'decimal(20, 6)') }}) as conversions,
    sum({{ raw_column(raw, value, 'decimal(20, 6)') }}) as conversion_value_native,
    max({{ raw_moment(raw, '_sdc_extracted_at') }}) as extracted_at
from {{ raw_from(raw) }}
group by 1, 2, 3, 4, 5, 6, 7
having sum({{ raw_column(raw, count, 'decimal(20, 6)') }}) <> 0
{{ 'union all' if not loop.last }}
{% endfor %}
