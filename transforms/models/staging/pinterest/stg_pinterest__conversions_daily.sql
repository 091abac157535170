{# A column a kind of conversion becomes a row a kind. Their windows are the ad account's own. #}
{%- set raw = raw_stream('pinterest', var('channels').pinterest.levels.campaign) -%}
{%- set kinds = {
    'checkout': 'purchase', 'add_to_cart': 'cart', 'signup': 'signup', 'lead': 'lead', 'app_install': 'install',
    'page_visit': 'visit', 'custom': 'custom',
} -%}
{% for kind, category in kinds.items() %}
select
    cast('pinterest' as varchar(32)) as platform,
    {{ raw_column(raw, 'ad_account_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'date', 'date') }} as report_date,
    cast('{{ kind }}' as varchar(256)) as action_type,
    cast('{{ category }}' as varchar(32)) as action_category,
    cast('account' as varchar(64)) as attribution_window,
    {{ raw_column(raw, 'total_' ~ kind, 'decimal(20, 6)') }} as conversions,
    {{ raw_money(raw, 'total_' ~ kind ~ '_value_in_micro_dollar', true) }} as conversion_value_native,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
where {{ raw_column(raw, 'total_' ~ kind, 'decimal(20, 6)') }} <> 0
{{ 'union all' if not loop.last }}
{% endfor %}
