{# What every source of outcomes tells, in this order: what its columns are called, and their types. #}
{% macro outcome_columns() %}
    {{ return({
        'platform': 'varchar(32)',
        'stream_name': 'varchar(256)',
        'account_id': 'varchar(128)',
        'outcome_type': 'varchar(16)',
        'outcome_name': 'varchar(256)',
        'outcome_id': 'varchar(256)',
        'occurred_at': 'timestamp',
        'outcome_date': 'date',
        'account_timezone': 'varchar(64)',
        'person_id': 'varchar(256)',
        'order_index': 'bigint',
        'is_valid': 'boolean',
        'is_organic': 'boolean',
        'currency_code': 'varchar(3)',
        'value_native': 'decimal(20, 6)',
        'refunded_native': 'decimal(20, 6)',
        'cost_currency_code': 'varchar(3)',
        'cost_native': 'decimal(20, 6)',
        'media_source': 'varchar(256)',
        'campaign_id': 'varchar(128)',
        'campaign_name': 'varchar(1024)',
        'ad_group_id': 'varchar(128)',
        'ad_id': 'varchar(128)',
        'landing_url': 'varchar(4096)',
        'told_utm_source': 'varchar(1024)',
        'told_utm_medium': 'varchar(1024)',
        'told_utm_campaign': 'varchar(1024)',
        'told_utm_content': 'varchar(1024)',
        'told_utm_term': 'varchar(1024)',
        'first_utm_source': 'varchar(1024)',
        'first_utm_medium': 'varchar(1024)',
        'first_utm_campaign': 'varchar(1024)',
        'extracted_at': 'timestamp',
        'run_id': 'varchar(256)',
    }) }}
{% endmacro %}

{# The columns in that order; what a source does not tell is NULL. #}
{% macro stage_outcomes(told) -%}
    {%- for name in told if name not in outcome_columns() -%}
        {{ exceptions.raise_compiler_error('outcomes have no column ' ~ name) }}
    {%- endfor -%}
    {%- for name, type in outcome_columns().items() %}
    cast({{ told.get(name, 'null') }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
