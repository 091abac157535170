{# Rates of the tap, and of the seed where the tap has none. #}
{%- set known = delivered_streams().get('tap-fx/rates') -%}
{%- do source('fx', 'rates') -%}
{%- set table = adapter.get_relation(target.database, raw_schema(), known.table) if known else none -%}
with rates as (
    {% if table -%}
    select
        cast(rate_date as date) as rate_date,
        cast(from_currency as varchar(3)) as from_currency,
        cast(to_currency as varchar(3)) as to_currency,
        cast(rate as decimal(20, 10)) as rate,
        cast('tap-fx' as varchar(64)) as rate_source,
        1 as preference
    from {{ table }}
    {%- else -%}
    select
        cast(null as date) as rate_date,
        cast(null as varchar(3)) as from_currency,
        cast(null as varchar(3)) as to_currency,
        cast(null as decimal(20, 10)) as rate,
        cast(null as varchar(64)) as rate_source,
        1 as preference
    where false
    {%- endif %}
    {% if env_var('DIF_DBT_RATES_SEED', '') == 'yes' -%}
    union all
    select rate_date, from_currency, to_currency, rate, rate_source, 2
    from {{ ref('fx_rates') }}
    {%- endif %}
),

ranked as (
    select *, row_number() over (partition by rate_date, from_currency, to_currency order by preference) as place
    from rates
)

select rate_date, from_currency, to_currency, rate, rate_source
from ranked
where place = 1
