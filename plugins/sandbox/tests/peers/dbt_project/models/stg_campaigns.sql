{{ config(materialized='view', bind=False) }}

select id as campaign_id, name, status, budget, updated_at
from {{ ref('campaigns') }}
