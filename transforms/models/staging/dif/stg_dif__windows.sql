{# Which days of which account a delivery covers, for the streams that feed a level. #}
{%- do source('dif', '_dif_windows') -%}
{%- set feeders = [] -%}
{%- for name, channel in var('channels').items() -%}
    {%- for level in channel.levels -%}
        {%- for streams in level_feeds(name, level) -%}
            {%- set raw = raw_stream(name, streams) -%}
            {%- if raw.relation -%}{%- do feeders.append((name, level, channel, raw.stream)) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{%- set has_windows = execute and adapter.get_relation(target.database, raw_schema(), '_dif_windows') -%}
{% for platform, level, channel, stream in feeders if has_windows %}
select
    cast('{{ level }}' as varchar(16)) as level,
    cast('{{ platform }}' as varchar(32)) as platform,
    stream as stream_name,
    cast(json_extract_path_text(partition_keys, '{{ channel.account_property }}') as varchar(64)) as account_id,
    first_day,
    last_day,
    delivery_id,
    run_id,
    cast(finished_at at time zone 'UTC' as timestamp) as finished_at
from {{ source('dif', '_dif_windows') }}
where tap = '{{ channel.tap }}' and stream = '{{ stream }}'
{{ 'union all' if not loop.last }}
{% else %}
select
    cast(null as varchar(16)) as level,
    cast(null as varchar(32)) as platform,
    cast(null as varchar(1024)) as stream_name,
    cast(null as varchar(64)) as account_id,
    cast(null as date) as first_day,
    cast(null as date) as last_day,
    cast(null as varchar(1024)) as delivery_id,
    cast(null as varchar(256)) as run_id,
    cast(null as timestamp) as finished_at
where false
{% endfor %}
