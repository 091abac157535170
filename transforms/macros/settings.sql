{# What differs from client to client comes from the environment; `dif-dbt` sets it. #}
{% macro client_id() %}{{ return(env_var('DIF_DBT_CLIENT', 'client')) }}{% endmacro %}

{# The schema that target-redshift loads. #}
{% macro raw_schema() %}{{ return(env_var('DIF_DBT_RAW_SCHEMA', 'client')) }}{% endmacro %}

{# The currency in which a client's channels are added up. #}
{% macro reporting_currency() %}{{ return(env_var('DIF_DBT_REPORTING_CURRENCY', 'EUR')) }}{% endmacro %}
