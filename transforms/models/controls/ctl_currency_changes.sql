-- Accounts whose currency has changed, and from when: sums across that day are in the reporting currency or wrong.
{{ config(materialized='view') }}
with versions as (
    select
        platform,
        account_id,
        currency_code,
        valid_from,
        lag(currency_code) over (partition by platform, account_id order by valid_from) as currency_before
    from {{ ref('dim_account_history') }}
)

select platform, account_id, currency_before, currency_code, valid_from as changed_at
from versions
where currency_code <> currency_before
