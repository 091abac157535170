select *
from {{ ref('mart_outcomes') }}
where outcome_type = 'order'
