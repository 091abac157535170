{# What target-redshift has delivered: {(tap, stream): {table, method}}, asked once a model. #}
{% macro delivered_streams() %}
    {% set found = {} %}
    {% if execute %}
        {% set raw = adapter.get_relation(target.database, raw_schema(), '_dif_deliveries') %}
        {% if raw %}
            {% set rows = run_query(
                'select tap, stream, max(table_name), max(load_method) from ' ~ raw ~ ' group by 1, 2'
            ) %}
            {% for row in rows.rows %}
                {% do found.update({row[0] ~ '/' ~ row[1]: {'table': row[2], 'method': row[3]}}) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}

{# A stream's table by its delivery, whatever its prefix: {stream, relation, columns, is_keyed}; the first of several
   that was delivered. Without any, relation is none: a client who does not load it has no rows of it. #}
{% macro raw_stream(channel, streams) %}
    {% set tap = (var('channels').get(channel) or var('outcome_sources')[channel]).tap %}
    {% for stream in streams %}{% do source(channel, stream) %}{% endfor %}
    {% set found = namespace(value={'stream': streams[0], 'relation': none, 'columns': {}, 'is_keyed': true}) %}
    {% set delivered = delivered_streams() %}
    {% for stream in streams if found.value.relation is none and (tap ~ '/' ~ stream) in delivered %}
        {% set known = delivered[tap ~ '/' ~ stream] %}
        {% set relation = adapter.get_relation(target.database, raw_schema(), known.table) %}
        {% if relation %}
            {% set columns = {} %}
            {% for column in adapter.get_columns_in_relation(relation) %}
                {% do columns.update({column.name | lower: column.dtype}) %}
            {% endfor %}
            {% set found.value = {
                'stream': stream, 'relation': relation, 'columns': columns, 'is_keyed': known.method != 'append'
            } %}
        {% endif %}
    {% endfor %}
    {{ return(found.value) }}
{% endmacro %}

{# What is selected from: the table, or no rows at all. #}
{% macro raw_from(raw) -%}
    {% if raw.relation %}{{ raw.relation }}{% else %}(select 1 as nothing where false){% endif %}
{%- endmacro %}

{# A column in a type. One that was never delivered is NULL; one whose values have changed their kind is put together. #}
{% macro raw_column(raw, name, type) -%}
    {%- set places = [] -%}
    {%- for suffix in ('', '__as_text', '__as_number', '__as_integer', '__as_decimal') -%}
        {%- if name ~ suffix in raw.columns -%}{%- do places.append('cast("' ~ name ~ suffix ~ '" as ' ~ type ~ ')') -%}{%- endif -%}
    {%- endfor -%}
    {%- if not places -%}cast(null as {{ type }})
    {%- elif places | length == 1 -%}{{ places[0] }}
    {%- else -%}coalesce({{ places | join(', ') }})
    {%- endif -%}
{%- endmacro %}

{# A column that tells rows apart; of several, the first that is not empty. #}
{% macro raw_key(raw, names, type) -%}
    {%- if names is string -%}{{ raw_column(raw, names, type) }}
    {%- else -%}
    coalesce({% for name in names %}nullif({{ raw_column(raw, name, type) }}, ''){{ ', ' if not loop.last }}{% endfor %})
    {%- endif -%}
{%- endmacro %}

{# Money to the sixth decimal. Micros are whole, so the product is exact. #}
{% macro raw_money(raw, name, in_micros) -%}
    {%- if in_micros -%}
        cast(({{ raw_column(raw, name, 'decimal(20, 0)') }} * 0.000001) as decimal(20, 6))
    {%- else -%}
        {{ raw_column(raw, name, 'decimal(20, 6)') }}
    {%- endif -%}
{%- endmacro %}

{# A moment as UTC without a zone, so that all channels' moments compare. #}
{% macro raw_moment(raw, name) -%}
    {%- if name in raw.columns -%}cast("{{ name }}" at time zone 'UTC' as timestamp){%- else -%}cast(null as timestamp){%- endif -%}
{%- endmacro %}

{# Where text of JSON or SUPER is wanted as text. #}
{% macro raw_json(raw, name) -%}
    {%- if name not in raw.columns -%}cast(null as varchar(65535))
    {%- elif raw.columns[name] == 'super' -%}json_serialize("{{ name }}")
    {%- else -%}cast("{{ name }}" as varchar(65535)){%- endif -%}
{%- endmacro %}

{# The rows of a table, one for each key: where a table was loaded by append, the last of its versions. #}
{% macro raw_rows(raw, keys) -%}
    {%- if raw.is_keyed or not raw.relation -%}{{ raw_from(raw) }}
    {%- else -%}
    (
        select *
        from (
            select *, row_number() over (partition by "{{ keys | join('", "') }}" order by _sdc_sequence desc) as recency
            from {{ raw.relation }}
        ) as versions
        where recency = 1
    ) as latest
    {%- endif -%}
{%- endmacro %}

{# A value inside JSON of a column; NULL where it is not there. An empty text is no JSON, so it must not go in. #}
{% macro json_value(json, path, type) -%}
    cast(nullif(json_extract_path_text(nullif({{ json }}, ''), '{{ path | join("', '") }}'), '') as {{ type }})
{%- endmacro %}

{# The first element of an array in JSON, as text. #}
{% macro json_first(json) -%}
    nullif(json_extract_array_element_text(nullif({{ json }}, ''), 0), '')
{%- endmacro %}
