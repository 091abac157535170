select m.spend, s.spend as seeded
from (select sum(spend) as spend from {{ ref('spend_by_day') }}) as m
cross join (select sum(spend) as spend from {{ ref('daily_spend') }}) as s
where m.spend <> s.spend
