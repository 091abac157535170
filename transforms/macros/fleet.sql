{# One relation of every client's marts: the schemas are found, not listed. Views that do not hold on to the tables below
   them (`with no schema binding`), so that no client waits for the fleet. #}
{% macro fleet_union(relation) %}
    {%- set clients = [] -%}
    {%- if execute -%}
        {%- set rows = run_query(
            "select table_schema from svv_tables where table_name = '" ~ relation ~ "' and table_schema like '%\\\\_marts' order by 1"
        ) -%}
        {%- for row in rows.rows -%}{%- do clients.append(row[0]) -%}{%- endfor -%}
    {%- endif -%}
    {%- for client in clients %}
    select * from {{ adapter.quote(client) }}.{{ relation }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select cast(null as varchar(64)) as client_id where false
    {%- endfor %}
{% endmacro %}
