-- Each account's versions without gaps: what was first seen is taken for what was before.
select
    platform,
    account_id,
    currency_code,
    time_zone,
    case
        when row_number() over (partition by platform, account_id order by valid_from) = 1 then cast('1970-01-01' as timestamp)
        else valid_from
    end as known_from,
    coalesce(valid_to, cast('9999-12-31' as timestamp)) as known_to
from {{ ref('dim_account_history') }}
