-- The windows that no build has taken in yet.
select windows.*
from {{ ref('stg_dif__windows') }} as windows
left join {{ ref('ctl_built_deliveries') }} as built
    on windows.level = built.level and windows.delivery_id = built.delivery_id
where built.delivery_id is null
