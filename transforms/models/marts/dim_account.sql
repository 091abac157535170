select
    '{{ client_id() }}' as client_id,
    *
from {{ ref('dim_account_history') }}
where valid_to is null
