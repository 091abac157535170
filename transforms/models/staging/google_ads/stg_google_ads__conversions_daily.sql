{# Google's campaign report has conversions of all actions together, by the day of the click; and those after a view. #}
{%- set raw = raw_stream('google_ads', var('channels').google_ads.levels.campaign) -%}
{% for metric, value in {
    'metrics_conversions': 'metrics_conversions_value',
    'metrics_all_conversions': 'metrics_all_conversions_value',
    'metrics_view_through_conversions': '',
}.items() %}
select
    cast('google_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'customer_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'segments_date', 'date') }} as report_date,
    cast('{{ metric[8:] }}' as varchar(256)) as action_type,
    cast('{{ 'view_through' if 'view' in metric else 'all' }}' as varchar(32)) as action_category,
    cast('action' as varchar(64)) as attribution_window,
    sum({{ raw_column(raw, metric, 'decimal(20, 6)') }}) as conversions,
    sum({{ raw_column(raw, value, 'decimal(20, 6)') }}) as conversion_value_native,
    max({{ raw_moment(raw, '_sdc_extracted_at') }}) as extracted_at
from {{ raw_from(raw) }}
group by 1, 2, 3, 4, 5, 6, 7
having sum({{ raw_column(raw, metric, 'decimal(20, 6)') }}) <> 0
{{ 'union all' if not loop.last }}
{% endfor %}
