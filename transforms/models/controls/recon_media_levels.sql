-- Each level against the one above, by account and day, where both were read. Levels do not have to add up (Performance
-- Max has no ads; deleted things are missing below): what is open is `spend_diff`, and the residual rows of the marts.
-- A build makes the days anew that are to be checked.
{{ config(
    materialized='incremental',
    incremental_strategy='anew',
    on_schema_change='fail',
    sort='report_date',
) }}
with totals as (
    {% for level in ('account', 'campaign', 'ad_group', 'ad') %}
    select
        '{{ level }}' as level,
        days.platform,
        days.account_id,
        days.report_date,
        coalesce(sum(facts.spend_native), 0) as spend_native,
        coalesce(sum(facts.clicks), 0) as clicks
    from {{ ref('ctl_completeness') }} as days
    left join {{ ref('fct_media_' ~ level ~ '_daily') }} as facts
        on days.platform = facts.platform
        and days.account_id = facts.account_id
        and days.report_date = facts.report_date
        {%- if is_incremental() %}
        and {{ within_days_of(ref('ctl_days_to_check'), 'facts.report_date') }}
        {%- endif %}
    where
        days.level = '{{ level }}'
        and days.status <> 'missing'
        {%- if is_incremental() %}
        and exists (
            select 1
            from {{ ref('ctl_days_to_check') }} as to_check
            where
                to_check.platform = days.platform
                and to_check.account_id = days.account_id
                and to_check.report_date = days.report_date
        )
        {%- endif %}
    group by 1, 2, 3, 4
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

pairs as (
    select 'account' as above, 'campaign' as below
    union all select 'campaign', 'ad_group'
    union all select 'campaign', 'ad'
)

select
    cast('{{ client_id() }}' as varchar(64)) as client_id,
    above.platform,
    above.account_id,
    above.report_date,
    pairs.above as level_above,
    pairs.below as level_below,
    above.spend_native as spend_above,
    below.spend_native as spend_below,
    above.spend_native - below.spend_native as spend_diff,
    case
        when above.spend_native <> 0
            then cast((above.spend_native - below.spend_native) as double precision) / above.spend_native
    end as spend_diff_share,
    above.clicks - below.clicks as clicks_diff
from pairs
inner join totals as above on pairs.above = above.level
inner join totals as below
    on pairs.below = below.level
    and above.platform = below.platform
    and above.account_id = below.account_id
    and above.report_date = below.report_date
-- depends_on: {{ ref('ctl_days_to_check') }}
