-- One row a campaign, day, kind of conversion and attribution window. Kinds and windows overlap within a channel
-- (all conversions hold conversions; 7 days hold 1), so add up only what one filter of both has chosen.
{{ config(materialized='table', sort='report_date') }}
with united as (
    {% for channel in var('channels') -%}
    select * from {{ ref('stg_' ~ channel ~ '__conversions_daily') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cast('{{ client_id() }}' as varchar(64)) as client_id,
    facts.platform,
    facts.account_id,
    facts.campaign_id,
    facts.report_date,
    facts.action_type,
    facts.action_category,
    facts.attribution_window,
    accounts.currency_code,
    facts.conversions,
    facts.conversion_value_native,
    cast('{{ reporting_currency() }}' as varchar(3)) as reporting_currency,
    cast(
        facts.conversion_value_native
        * case when accounts.currency_code = '{{ reporting_currency() }}' then 1 else fx.rate end
        as decimal(20, 6)
    ) as conversion_value_reporting,
    facts.extracted_at as extracted_at_utc
from united as facts
left join {{ ref('int_account_versions') }} as accounts
    on facts.platform = accounts.platform
    and facts.account_id = accounts.account_id
    and facts.extracted_at >= accounts.known_from
    and facts.extracted_at < accounts.known_to
left join {{ ref('dim_fx_rate') }} as fx
    on facts.report_date = fx.rate_date
    and accounts.currency_code = fx.from_currency
    and fx.to_currency = '{{ reporting_currency() }}'
