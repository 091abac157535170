{{ config(materialized='incremental', incremental_strategy='merge', unique_key='campaign_id') }}

select campaign_id, name, status, budget, updated_at, current_user as loaded_by
from {{ ref('stg_campaigns') }}
{% if is_incremental() %}
where updated_at > (select max(updated_at) from {{ this }})
{% endif %}
