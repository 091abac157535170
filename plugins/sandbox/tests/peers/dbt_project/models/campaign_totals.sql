{{ config(materialized='table', dist='campaign_id', sort=['campaign_id'], sort_type='compound') }}

select c.campaign_id, c.name, count(s.day) as days, sum(s.spend) as spend,
    datediff(day, min(s.day), max(s.day)) as span_days, listagg(s.spend, '|') within group (order by s.day) as spends
from {{ ref('stg_campaigns') }} as c
left join {{ ref('daily_spend') }} as s on s.campaign_id = c.campaign_id
group by 1, 2
