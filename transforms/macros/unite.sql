{# The rows of all channels that have a level; each row with its key and a digest of its figures. #}
{% macro unite_daily(level) %}
    {%- set keys = ['platform', 'account_id', 'report_date'] + level_keys(level) %}
    with united as (
        {% for channel in channels_with(level) -%}
        select * from {{ ref('stg_' ~ channel ~ '__' ~ level ~ '_daily') }}
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    )

    select
        united.platform,
        united.stream_name,
        united.account_id,
        united.report_date,
        {% for key in level_keys(level) %}united.{{ key }},
        {% endfor -%}
        {{ key_of(keys, 'united.') }} as row_key,
        coalesce(united.reported_currency, accounts.currency_code) as currency_code,
        united.spend_native,
        {% for name in count_metrics() %}united.{{ name }},
        {% endfor -%}
        united.reach,
        united.conversions,
        united.conversion_value_native,
        {{ key_of(
            ['spend_native'] + count_metrics() + ['reach', 'conversions', 'conversion_value_native'], 'united.'
        ) }} as figures_digest,
        united.extracted_at,
        united.run_id
    from united
    -- The account as it was when the figures were read: a later change of currency does not rename money of the past.
    left join {{ ref('int_account_versions') }} as accounts
        on united.platform = accounts.platform
        and united.account_id = accounts.account_id
        and united.extracted_at >= accounts.known_from
        and united.extracted_at < accounts.known_to
    where united.account_id is not null and united.report_date is not null
{% endmacro %}

{# The things of a kind (account, campaign, ...) that all channels name; one row each, the latest. #}
{% macro unite_entities(kind, keys) %}
    with united as (
        {% for channel in var('channels') -%}
        select * from {{ ref('stg_' ~ channel ~ '__' ~ kind ~ 's') }}
        {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ),

    ranked as (
        select *, row_number() over (partition by platform, {{ keys | join(', ') }} order by extracted_at desc) as recency
        from united
    )

    select *, {{ key_of(['platform'] + keys) }} as entity_key
    from ranked
    where recency = 1 and {{ keys[-1] }} is not null
{% endmacro %}
