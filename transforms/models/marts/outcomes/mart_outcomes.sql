-- One row an order, install or lead, as its source tells it now. Sources overlap (an order in an app is also one of the
-- shop): choose one for each type before adding up.
{{ config(materialized='table', sort='outcome_date') }}
with united as (
    {% for source in var('outcome_sources') -%}
    select * from {{ ref('stg_' ~ source ~ '__outcomes') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

addressed as (
    select
        united.*,
        {{ url_columns('united.landing_url') }},
        {{ click_id_columns('united.landing_url') }}
    from united
)

select
    cast('{{ client_id() }}' as varchar(64)) as client_id,
    outcomes.platform,
    outcomes.stream_name,
    outcomes.run_id,
    outcomes.extracted_at as extracted_at_utc,
    outcomes.account_id,
    outcomes.account_timezone,
    outcomes.outcome_type,
    outcomes.outcome_name,
    outcomes.outcome_id,
    outcomes.occurred_at as occurred_at_utc,
    outcomes.outcome_date,
    outcomes.person_id,
    outcomes.order_index,
    outcomes.is_valid,
    outcomes.is_organic,
    outcomes.media_source,
    outcomes.campaign_id,
    outcomes.campaign_name,
    outcomes.ad_group_id,
    outcomes.ad_id,
    outcomes.landing_url as landing_url_raw,
    outcomes.url_host,
    outcomes.url_path,
    {% for part in utm_parts() -%}
    coalesce(outcomes.told_utm_{{ part }}, outcomes.utm_{{ part }}) as utm_{{ part }},
    coalesce({{ utm_norm('outcomes.told_utm_' ~ part) }}, outcomes.utm_{{ part }}_norm) as utm_{{ part }}_norm,
    {% endfor -%}
    case when outcomes.told_utm_source is not null then 'visit' else outcomes.utm_resolution end as utm_resolution,
    outcomes.first_utm_source,
    outcomes.first_utm_medium,
    outcomes.first_utm_campaign,
    outcomes.click_id_type,
    outcomes.click_id,
    outcomes.currency_code,
    outcomes.value_native,
    outcomes.refunded_native,
    cast(outcomes.value_native - coalesce(outcomes.refunded_native, 0) as decimal(20, 6)) as value_net_native,
    outcomes.cost_currency_code,
    outcomes.cost_native,
    cast('{{ reporting_currency() }}' as varchar(3)) as reporting_currency,
    {{ in_currency('outcomes.value_native', 'outcomes.currency_code', 'fx') }} as value_reporting,
    {{ in_currency(
        '(outcomes.value_native - coalesce(outcomes.refunded_native, 0))', 'outcomes.currency_code', 'fx'
    ) }} as value_net_reporting,
    {{ in_currency('outcomes.cost_native', 'outcomes.cost_currency_code', 'cost_fx') }} as cost_reporting
from addressed as outcomes
left join {{ ref('dim_fx_rate') }} as fx
    on outcomes.outcome_date = fx.rate_date
    and outcomes.currency_code = fx.from_currency
    and fx.to_currency = '{{ reporting_currency() }}'
left join {{ ref('dim_fx_rate') }} as cost_fx
    on outcomes.outcome_date = cost_fx.rate_date
    and outcomes.cost_currency_code = cost_fx.from_currency
    and cost_fx.to_currency = '{{ reporting_currency() }}'
