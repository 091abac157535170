{# What stands behind the question mark of an address. #}
{% macro url_query(url) -%}split_part(split_part({{ url }}, '#', 1), '?', 2){%- endmacro %}

{# One of the values there, or NULL. #}
{% macro url_value(url, name) -%}
    nullif(split_part(split_part('&' || {{ url_query(url) }}, '&{{ name }}=', 2), '&', 1), '')
{%- endmacro %}

{# A UTM value in one spelling: in small letters, without spaces around it, the commonest escapes
   undone. #}
{% macro utm_norm(value) -%}
    {%- set told = namespace(sql="replace(" ~ value ~ ", '+', ' ')") -%}
    {%- for escape, sign in {'%20': ' ', '%2C': ',', '%7C': '|'}.items() -%}
        {%- set told.sql = "replace(" ~ told.sql ~ ", '" ~ escape ~ "', '" ~ sign ~ "')" -%}
    {%- endfor -%}
    nullif(lower(trim({{ told.sql }})), '')
{%- endmacro %}

{# Host, path and UTM parameters of an address; UTM also in one spelling. #}
{% macro url_columns(url) -%}
    lower(split_part(split_part(regexp_replace({{ url }}, '^[a-zA-Z]+://', ''), '/', 1), '?', 1)) as url_host,
    nullif(regexp_replace(split_part(split_part({{ url }}, '#', 1), '?', 1), '^[a-zA-Z]+://[^/]*', ''), '') as url_path
    {%- for part in utm_parts() %},
    {{ url_value(url, 'utm_' ~ part) }} as utm_{{ part }},
    {{ utm_norm(url_value(url, 'utm_' ~ part)) }} as utm_{{ part }}_norm
    {%- endfor %},
    case when {{ url_value(url, 'utm_source') }} is not null then 'final_url' else 'missing' end as utm_resolution
{%- endmacro %}

{% macro utm_parts() %}{{ return(['source', 'medium', 'campaign', 'content', 'term']) }}{% endmacro %}

{# The click id that an ad's platform has added to an address, and whose it is: the first that is there. #}
{% macro click_id_columns(url) -%}
    {%- set names = ['gclid', 'gbraid', 'wbraid', 'fbclid', 'ttclid', 'msclkid', 'li_fat_id', 'epik', 'ScCid', 'rdt_cid', 'twclid'] -%}
    case
        {%- for name in names %}
        when {{ url_value(url, name) }} is not null then '{{ name }}'
        {%- endfor %}
    end as click_id_type,
    coalesce({% for name in names %}{{ url_value(url, name) }}{{ ', ' if not loop.last }}{% endfor %}) as click_id
{%- endmacro %}
