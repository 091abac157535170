{# Installs, and those events of an app that are an order or a lead. AppsFlyer's moments are the app's own, without a
   zone: the app says which. Costs are what an install cost by the network's report, where it tells. #}
{%- set apps = raw_stream('appsflyer', ['apps']) -%}
{%- set names = var('appsflyer_events') -%}
{%- set orders, leads = names.order | join("', '"), names.lead | join("', '") -%}
with apps as (
    select
        {{ raw_column(apps, 'id', 'varchar(128)') }} as app_id,
        {{ raw_column(apps, 'time_zone', 'varchar(64)') }} as time_zone
    from {{ raw_rows(apps, ['id']) }}
)

{% for stream in ('installs', 'organic_installs', 'in_app_events', 'organic_in_app_events') -%}
{%- set raw = raw_stream('appsflyer', [stream]) -%}
{%- set is_install = 'installs' in stream -%}
{%- set name = raw_column(raw, 'event_name', 'varchar(256)') -%}
select
    {{ stage_outcomes({
        'platform': "'appsflyer'",
        'stream_name': "'" ~ stream ~ "'",
        'account_id': 'happened.app_id',
        'outcome_type': "'install'" if is_install
            else "case when happened.event_name in ('" ~ orders ~ "') then 'order' else 'lead' end",
        'outcome_name': "'install'" if is_install else 'happened.event_name',
        'outcome_id': "happened.row_id || '/' || happened.row_number",
        'occurred_at': "convert_timezone(coalesce(apps.time_zone, 'UTC'), 'UTC', happened.local_time)",
        'outcome_date': 'happened.local_time',
        'account_timezone': "coalesce(apps.time_zone, 'UTC')",
        'person_id': 'happened.appsflyer_id',
        'is_valid': 'true',
        'is_organic': 'true' if 'organic' in stream else 'false',
        'currency_code': 'happened.currency_code',
        'value_native': 'happened.revenue',
        'cost_currency_code': 'happened.cost_currency_code' if is_install else 'null',
        'cost_native': 'happened.cost' if is_install else 'null',
        'media_source': 'happened.media_source',
        'campaign_id': 'happened.campaign_id',
        'campaign_name': 'happened.campaign_name',
        'ad_group_id': 'happened.ad_group_id',
        'ad_id': 'happened.ad_id',
        'landing_url': 'happened.original_url',
        'extracted_at': 'happened.extracted_at',
        'run_id': 'happened.run_id',
    }) }}
from (
    select
        {{ raw_column(raw, 'app_id', 'varchar(128)') }} as app_id,
        {{ raw_column(raw, 'row_id', 'varchar(256)') }} as row_id,
        {{ raw_column(raw, 'row_number', 'varchar(32)') }} as row_number,
        {{ name }} as event_name,
        {{ raw_moment(raw, 'install_time' if is_install else 'event_time') }} as local_time,
        {{ raw_column(raw, 'appsflyer_id', 'varchar(256)') }} as appsflyer_id,
        {{ raw_column(raw, 'event_revenue_currency', 'varchar(3)') }} as currency_code,
        {{ raw_money(raw, 'event_revenue', false) }} as revenue,
        {{ raw_column(raw, 'af_cost_currency', 'varchar(3)') }} as cost_currency_code,
        {{ raw_money(raw, 'af_cost_value', false) }} as cost,
        {{ raw_column(raw, 'media_source', 'varchar(256)') }} as media_source,
        {{ raw_column(raw, 'af_c_id', 'varchar(128)') }} as campaign_id,
        {{ raw_column(raw, 'campaign', 'varchar(1024)') }} as campaign_name,
        {{ raw_column(raw, 'af_adset_id', 'varchar(128)') }} as ad_group_id,
        {{ raw_column(raw, 'af_ad_id', 'varchar(128)') }} as ad_id,
        {{ raw_column(raw, 'original_url', 'varchar(4096)') }} as original_url,
        {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at,
        {{ raw_column(raw, '_dif_run_id', 'varchar(256)') }} as run_id
    from {{ raw_rows(raw, ['app_id', 'row_id', 'row_number']) }}
    {% if not is_install -%}
    where {{ name }} in ('{{ orders }}', '{{ leads }}')
    {%- endif %}
) as happened
left join apps on happened.app_id = apps.app_id
{{ 'union all' if not loop.last }}
{% endfor %}
