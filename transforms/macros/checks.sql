{# What a build checks. Days that were built and not checked yet are in `ctl_days_to_check`; they stay there until a build
   or `dbt test` has passed every test that goes by days (tag by_day). `dbt test`, a full refresh and DIF_DBT_CHECK=all
   check every day. #}
{% macro check_every_day() %}
    {{ return(flags.FULL_REFRESH or flags.WHICH == 'test' or env_var('DIF_DBT_CHECK', '') == 'all') }}
{% endmacro %}

{# A condition upon the rows of `relation`: their day is to be checked. #}
{% macro day_is_to_check(relation, level=none) -%}
    {%- set to_check = ref('ctl_days_to_check') -%}
    {%- if check_every_day() -%}true
    {%- else -%}
    {{ within_days_of(to_check, relation ~ '.report_date', level) }}
    and exists (
        select 1
        from {{ to_check }} as to_check
        where
            to_check.platform = {{ relation }}.platform
            and to_check.account_id = {{ relation }}.account_id
            and to_check.report_date = {{ relation }}.report_date
            {%- if level %}
            and to_check.level = '{{ level }}'
            {%- endif %}
    )
    {%- endif -%}
{%- endmacro %}

{# A condition that leaves out most other days by the first and the last of a table of days, as literals: a warehouse that
   is sorted by day then reads only those blocks. It lets through whatever the table has, and more. #}
{% macro within_days_of(days, column, level=none) -%}
    {%- set condition = namespace(sql='true') -%}
    {%- if execute and days.schema and adapter.get_relation(days.database, days.schema, days.identifier) -%}
        {%- set found = run_query(
            'select min(report_date), max(report_date) from ' ~ days ~ (" where level = '" ~ level ~ "'" if level else '')
        ).rows[0] -%}
        {%- set condition.sql = 'false' if found[0] is none
            else column ~ " between cast('" ~ found[0] ~ "' as date) and cast('" ~ found[1] ~ "' as date)" -%}
    {%- endif -%}
    {{ condition.sql }}
{%- endmacro %}

{# At the end of a run: what was to be checked is checked, if all tests that go by days ran and found nothing. #}
{% macro note_checked(results) %}
    {%- set checked, to_check = ref('ctl_checked_deliveries'), ref('ctl_deliveries_to_check') -%}
    {%- if execute and flags.WHICH in ('build', 'test') and target.name == 'client' -%}
        {%- set status = {} -%}
        {%- for result in results -%}{%- do status.update({result.node.unique_id: result.status | string}) -%}{%- endfor -%}
        {%- set open = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'test' and 'by_day' in node.tags -%}
            {%- if status.get(node.unique_id) not in ('pass', 'warn') -%}{%- do open.append(node.unique_id) -%}{%- endif -%}
        {%- endfor -%}
        {%- if not open -%}
    insert into {{ checked }} (level, delivery_id, checked_at)
    select level, delivery_id, {{ as_of() }} from {{ to_check }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
