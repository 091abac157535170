{{ config(materialized='view') }}
{% for name, channel in var('channels').items() -%}
select
    cast('{{ name }}' as varchar(32)) as platform,
    cast('{{ channel.channel_group }}' as varchar(32)) as channel_group,
    cast(nullif('{{ channel.days_in }}', '') as varchar(64)) as days_in,
    {{ channel.final_after_days }} as final_after_days
{{ 'union all' if not loop.last }}
{% endfor %}
