{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='day', on_schema_change='append_new_columns') }}

select day, sum(spend) as spend, count(*) as campaigns
from {{ ref('daily_spend') }}
{% if is_incremental() %}
where day >= (select dateadd(day, -1, max(day)) from {{ this }})
{% endif %}
group by 1
