-- Every change of a figure after its day was first read; the facts write it, in their own transaction.
-- What is here cannot be had again, so a full refresh leaves it.
{{ config(materialized='incremental', full_refresh=false, incremental_strategy='append') }}
select
    cast(null as varchar(16)) as level,
    cast(null as varchar(32)) as row_key,
    cast(null as varchar(32)) as platform,
    cast(null as varchar(64)) as account_id,
    cast(null as date) as report_date,
    cast(null as varchar(16)) as change,
    cast(null as timestamp) as seen_at,
    cast(null as varchar(256)) as run_id_before,
    cast(null as varchar(256)) as run_id_after,
    cast(null as varchar(3)) as currency_before,
    cast(null as varchar(3)) as currency_after,
    cast(null as decimal(20, 6)) as spend_before,
    cast(null as decimal(20, 6)) as spend_after,
    cast(null as bigint) as impressions_before,
    cast(null as bigint) as impressions_after,
    cast(null as bigint) as clicks_before,
    cast(null as bigint) as clicks_after,
    cast(null as decimal(20, 6)) as conversions_before,
    cast(null as decimal(20, 6)) as conversions_after,
    cast(null as varchar(32)) as digest_before,
    cast(null as varchar(32)) as digest_after
where false
