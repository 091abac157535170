{# The facts of a level: all of them, or those of the days that came since the last build. #}
{% macro build_facts(level) %}
    select facts.*
    from {{ ref('int_media_' ~ level ~ '_daily') }} as facts
    {% if is_incremental() %}
    inner join {{ ref('ctl_days_due') }} as due
        on due.level = '{{ level }}'
        and facts.platform = due.platform
        and facts.account_id = due.account_id
        and facts.report_date = due.report_date
    {% endif %}
    -- depends_on: {{ ref('ctl_days_due') }} {{ ref('ctl_restatement_log') }} {{ ref('ctl_built_deliveries') }} {{ ref('ctl_deliveries_due') }}
    -- depends_on: {{ ref('ctl_checked_deliveries') }}
{% endmacro %}

{# Whether a build takes in what came since the last one, as `is_incremental` would say in the facts of the level. #}
{% macro only_due(level) %}
    {% set facts = 'fct_media_' ~ level ~ '_daily' %}
    {% set known = adapter.get_relation(target.database, generate_schema_name('marts', none), facts) if execute else none %}
    {{ return(known is not none and known.is_table and not flags.FULL_REFRESH) }}
{% endmacro %}

{# Which raw rows a build reads: those of days to build. Here, before anything is added up: behind it the warehouse would
   add up every day that was ever loaded. Nothing in the inner query has a name that a raw column could have. #}
{% macro day_is_due(raw, channel, level, account, day) -%}
    {%- if raw.relation and only_due(level) -%}
    {{ within_days_of(ref('ctl_days_due'), raw_column(raw, day, 'date'), level) }}
    and exists (
        select 1
        from (
            select account_id as due_account, report_date as due_day
            from {{ ref('ctl_days_due') }}
            where level = '{{ level }}' and platform = '{{ channel }}'
        ) as due
        where due_account = {{ raw_column(raw, account, 'varchar(64)') }} and due_day = {{ raw_column(raw, day, 'date') }}
    )
    {%- else -%}true
    {%- endif -%}
{%- endmacro %}

{# Incremental strategy `restate`: note what changed, empty the covered days, fill them again; one transaction.
   A row that the provider withdrew disappears, and a day may end up empty. #}
{% macro get_incremental_restate_sql(arg_dict) %}
    {%- set facts, fresh, level = arg_dict.target_relation, arg_dict.temp_relation, config.get('meta').level -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- set within_days = within_days_of(ref('ctl_days_due'), facts ~ '.report_date', level) -%}
    insert into {{ ref('ctl_restatement_log') }} (
        level, row_key, platform, account_id, report_date, change, seen_at, run_id_before, run_id_after,
        currency_before, currency_after, spend_before, spend_after, impressions_before, impressions_after,
        clicks_before, clicks_after, conversions_before, conversions_after, digest_before, digest_after
    )
    select
        '{{ level }}',
        coalesce(fresh.row_key, known.row_key),
        coalesce(fresh.platform, known.platform),
        coalesce(fresh.account_id, known.account_id),
        coalesce(fresh.report_date, known.report_date),
        case when known.row_key is null then 'added' when fresh.row_key is null then 'withdrawn' else 'restated' end,
        {{ as_of() }},
        known.run_id, fresh.run_id, known.currency_code, fresh.currency_code, known.spend_native, fresh.spend_native,
        known.impressions, fresh.impressions, known.clicks, fresh.clicks, known.conversions, fresh.conversions,
        known.figures_digest, fresh.figures_digest
    from {{ fresh }} as fresh
    full join (
        select facts.*
        from {{ facts }} as facts
        inner join {{ ref('ctl_days_due') }} as due
            on due.level = '{{ level }}' and facts.platform = due.platform
            and facts.account_id = due.account_id and facts.report_date = due.report_date
        where {{ within_days_of(ref('ctl_days_due'), 'facts.report_date', level) }}
    ) as known on fresh.row_key = known.row_key
    left join {{ ref('ctl_days_due') }} as day
        on day.level = '{{ level }}' and fresh.platform = day.platform
        and fresh.account_id = day.account_id and fresh.report_date = day.report_date
    where
        fresh.row_key is null
        or (known.row_key is null and day.was_covered)
        or known.figures_digest <> fresh.figures_digest
        or known.currency_code <> fresh.currency_code;

    delete from {{ facts }}
    using {{ ref('ctl_days_due') }}
    where
        {{ ref('ctl_days_due') }}.level = '{{ level }}'
        and {{ facts }}.platform = {{ ref('ctl_days_due') }}.platform
        and {{ facts }}.account_id = {{ ref('ctl_days_due') }}.account_id
        and {{ facts }}.report_date = {{ ref('ctl_days_due') }}.report_date
        and {{ within_days }};

    insert into {{ facts }} ({{ columns }})
    select {{ columns }} from {{ fresh }}
{% endmacro %}

{# Behind the facts, in their transaction: these deliveries are in. #}
{% macro note_built(level) %}
    insert into {{ ref('ctl_built_deliveries') }} (level, delivery_id, built_at)
    select distinct due.level, due.delivery_id, {{ as_of() }}
    from {{ ref('ctl_deliveries_due') }} as due
    left join {{ ref('ctl_built_deliveries') }} as built
        on due.level = built.level and due.delivery_id = built.delivery_id
    where due.level = '{{ level }}' and built.delivery_id is null;

    {%- if flags.FULL_REFRESH %}
    -- All days were built anew, so all are to be checked.
    delete from {{ ref('ctl_checked_deliveries') }} where level = '{{ level }}'
    {%- endif %}
{% endmacro %}

{# Incremental strategy `anew`: the days that are to be checked are emptied and filled again. #}
{% macro get_incremental_anew_sql(arg_dict) %}
    {%- set known, fresh, days = arg_dict.target_relation, arg_dict.temp_relation, ref('ctl_days_to_check') -%}
    {%- set columns = arg_dict.dest_columns | map(attribute='quoted') | join(', ') -%}
    delete from {{ known }}
    using {{ days }}
    where
        {{ known }}.platform = {{ days }}.platform
        and {{ known }}.account_id = {{ days }}.account_id
        and {{ known }}.report_date = {{ days }}.report_date;

    insert into {{ known }} ({{ columns }})
    select {{ columns }} from {{ fresh }}
{% endmacro %}
