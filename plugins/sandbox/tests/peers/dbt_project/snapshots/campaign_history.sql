{% snapshot campaign_history %}
{{ config(target_schema='history', unique_key='campaign_id', strategy='timestamp', updated_at='updated_at') }}

select campaign_id, name, status, budget, updated_at
from {{ ref('stg_campaigns') }}
{% endsnapshot %}
