-- What the facts have taken in; the facts write it, in their own transaction.
{{ config(materialized='incremental', full_refresh=false, incremental_strategy='append') }}
select
    cast(null as varchar(16)) as level,
    cast(null as varchar(1024)) as delivery_id,
    cast(null as timestamp) as built_at
where false
