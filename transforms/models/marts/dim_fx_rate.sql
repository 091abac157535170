-- One rate a day and pair. Days without a rate (weekends) have the last one before, for at most some days.
{{ config(materialized='table', dist='all', sort='rate_date') }}
with rates as (
    select
        *,
        lead(rate_date) over (partition by from_currency, to_currency order by rate_date) as next_date
    from {{ ref('stg_fx__rates') }}
)

select
    dates.date_day as rate_date,
    rates.from_currency,
    rates.to_currency,
    rates.rate,
    rates.rate_date as fx_rate_date,
    rates.rate_source as fx_source
from rates
inner join {{ ref('dim_date') }} as dates
    on dates.date_day >= rates.rate_date
    and dates.date_day <= dateadd('day', {{ var('fx_carried_days') }}, rates.rate_date)
    and (rates.next_date is null or dates.date_day < rates.next_date)
