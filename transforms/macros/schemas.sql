{# The target's schema, and behind it what a folder adds: acme_marts. Never a schema that two clients share. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else target.schema ~ '_' ~ (custom_schema_name | trim) }}
{%- endmacro %}
