{# Counts and values of an action stand in two rows; one a window, which overlap: never add windows up. #}
{%- set raw = raw_stream('meta', ['campaign_actions']) -%}
{%- set type = raw_column(raw, 'action_type', 'varchar(256)') -%}
{%- set metric = raw_column(raw, 'metric', 'varchar(256)') -%}
select
    cast('meta' as varchar(32)) as platform,
    {{ raw_column(raw, 'account_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'date_start', 'date') }} as report_date,
    {{ type }} as action_type,
    cast(case
        when {{ type }} like '%purchase%' then 'purchase'
        when {{ type }} like '%lead%' then 'lead'
        when {{ type }} like '%registration%' then 'signup'
        when {{ type }} like '%install%' then 'install'
        when {{ type }} like '%cart%' then 'cart'
        else 'custom'
    end as varchar(32)) as action_category,
    {{ raw_column(raw, 'attribution_window', 'varchar(64)') }} as attribution_window,
    sum(case when {{ metric }} = 'actions' then {{ raw_column(raw, 'value', 'decimal(20, 6)') }} end) as conversions,
    sum(case when {{ metric }} = 'action_values' then {{ raw_column(raw, 'value', 'decimal(20, 6)') }} end) as conversion_value_native,
    max({{ raw_moment(raw, '_sdc_extracted_at') }}) as extracted_at
from {{ raw_from(raw) }}
where {{ metric }} in ('actions', 'action_values')
group by 1, 2, 3, 4, 5, 6, 7
