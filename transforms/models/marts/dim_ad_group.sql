select
    '{{ client_id() }}' as client_id,
    *
from {{ ref('dim_ad_group_history') }}
where valid_to is null
