{# Rates of the tap, and of the seed where the tap has none. #}
{%- set known = delivered_streams().get('tap-fx/rates') -%}
{%- do source('fx', 'rates') -%}
{%- set table = adapter.get_relation(target.database, raw_schema(), known.table) if known else none -%}
with rates as (
    select rate_date, from_currency, to_currency, rate, rate_source, 2 as preference
    from {{ ref('fx_rates') }}
    {% if table %}
    union all
    select
        cast(rate_date as date),
        cast(from_currency as varchar(3)),
        cast(to_currency as varchar(3)),
        cast(rate as decimal(20, 10)),
        cast('tap-fx' as varchar(64)),
        1
    from {{ table }}
    {% endif %}
),

ranked as (
    select *, row_number() over (partition by rate_date, from_currency, to_currency order by preference) as place
    from rates
)

select rate_date, from_currency, to_currency, rate, rate_source
from ranked
where place = 1
