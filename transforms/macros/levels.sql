{# What tells the rows of a level and day of an account apart, from the outside in. #}
{% macro level_keys(level) %}
    {{ return({
        'account': [],
        'campaign': ['campaign_id'],
        'ad_group': ['campaign_id', 'ad_group_id'],
        'ad': ['campaign_id', 'ad_group_id', 'ad_id'],
        'keyword': ['campaign_id', 'ad_group_id', 'keyword_id', 'keyword_text', 'keyword_match_type'],
        'url': ['campaign_id', 'ad_group_id', 'ad_id', 'landing_url'],
    }[level]) }}
{% endmacro %}

{% macro all_levels() %}{{ return(['account', 'campaign', 'ad_group', 'ad', 'keyword', 'url']) }}{% endmacro %}

{% macro key_type(key) -%}
    {{ {'keyword_text': 'varchar(1024)', 'landing_url': 'varchar(4096)'}.get(key, 'varchar(128)') }}
{%- endmacro %}

{% macro count_metrics() %}
    {{ return(['impressions', 'clicks', 'link_clicks', 'engagements', 'video_views']) }}
{% endmacro %}

{% macro metric_type(metric) -%}
    {{ 'bigint' if metric in count_metrics() or metric == 'reach' else 'decimal(20, 6)' }}
{%- endmacro %}

{# The channels that have a level. #}
{% macro channels_with(level) %}
    {% set found = [] %}
    {% for name, channel in var('channels').items() if level in channel.levels %}{% do found.append(name) %}{% endfor %}
    {{ return(found) }}
{% endmacro %}

{# What feeds a level: of each list the first stream that was ever delivered. #}
{% macro level_feeds(channel, level) %}
    {% set streams = var('channels')[channel].levels[level] %}
    {{ return([streams] if streams[0] is string else streams) }}
{% endmacro %}

{# The moment that decides which days are over: now, unless DIF_DBT_AS_OF says another. #}
{% macro as_of() -%}
    {%- set moment = env_var('DIF_DBT_AS_OF', '') -%}
    {%- if moment -%}cast('{{ moment }}' as timestamp){%- else -%}getdate(){%- endif -%}
{%- endmacro %}

{# Several columns as one text that no other columns give. #}
{% macro key_of(columns, prefix='') -%}
    md5({% for column in columns %}coalesce(cast({{ prefix }}{{ column }} as varchar(4096)), '~')
        {%- if not loop.last %} || '|' || {% endif %}{% endfor %})
{%- endmacro %}
