{# There is no report of a profile: it has what the campaigns of its products have. #}
with products as (
    {{ amazon_daily('account', keys={}) }}
)

select
    platform,
    cast(max(stream_name) as varchar(256)) as stream_name,
    account_id,
    report_date,
    max(reported_currency) as reported_currency,
    cast(sum(spend_native) as decimal(20, 6)) as spend_native,
    cast(sum(conversion_value_native) as decimal(20, 6)) as conversion_value_native,
    {% for name in count_metrics() -%}
    cast(sum({{ name }}) as bigint) as {{ name }},
    {% endfor -%}
    cast(null as bigint) as reach,
    cast(sum(conversions) as decimal(20, 6)) as conversions,
    max(extracted_at) as extracted_at,
    max(run_id) as run_id
from products
group by 1, 3, 4
