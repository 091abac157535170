-- Accounts that several clients load: sums over the fleet have their spend as often.
with days as (
    {{ fleet_union('ctl_completeness') }}
)

select days.platform, days.account_id, count(distinct days.client_id) as clients, min(days.client_id) as first_client
from days
group by 1, 2
having count(distinct days.client_id) > 1
