{# The daily figures of a channel at a level, in the words that all channels share.

   `day`, `account` and `currency` are raw columns; `keys` and `metrics` map our names to raw ones (of several names, the
   first column that is not empty); `micros` names the money that is in millionths; `streams` stands in for those of the
   level, where several feed it. Segments below the level (network, device) are added up: they are parts of one report. People (`reach`) do not add up and are kept only
   where a report has them for the level itself. A number that a report has no column for is NULL, not zero. `only` keeps rows in which
   a raw column has this value. #}
{% macro stage_daily(channel, level, day, account, keys, metrics, currency=none, micros=[], segments=[], only={}, streams=none) %}
    {%- set raw = raw_stream(channel, streams or level_feeds(channel, level)[0]) -%}
    {%- set unique_by = [account, day] + segments -%}
    {%- for names in keys.values() -%}{%- do unique_by.extend([names] if names is string else names) -%}{%- endfor -%}
    {%- set money = ['spend_native', 'conversion_value_native'] -%}
    {%- do ref('ctl_days_due') -%}
    select
        cast('{{ channel }}' as varchar(32)) as platform,
        cast('{{ raw.stream }}' as varchar(256)) as stream_name,
        {{ raw_column(raw, account, 'varchar(64)') }} as account_id,
        {{ raw_column(raw, day, 'date') }} as report_date,
        {% for key in level_keys(level) -%}
        {{ raw_key(raw, keys.get(key, ''), key_type(key)) }} as {{ key }},
        {% endfor -%}
        max({{ raw_column(raw, currency or '', 'varchar(3)') }}) as reported_currency,
        {% for name in money -%}
        cast(sum({{ raw_money(raw, metrics.get(name, ''), name in micros) }}) as decimal(20, 6)) as {{ name }},
        {% endfor -%}
        {% for name in count_metrics() -%}
        cast(sum({{ raw_column(raw, metrics.get(name, ''), 'bigint') }}) as bigint) as {{ name }},
        {% endfor -%}
        {% if segments -%}cast(null as bigint){% else -%}max({{ raw_column(raw, metrics.get('reach', ''), 'bigint') }}){% endif %} as reach,
        cast(sum({{ raw_column(raw, metrics.get('conversions', ''), 'decimal(20, 6)') }}) as decimal(20, 6)) as conversions,
        max({{ raw_moment(raw, '_sdc_extracted_at') }}) as extracted_at,
        max({{ raw_column(raw, '_dif_run_id', 'varchar(256)') }}) as run_id
    from
    {% if raw.is_keyed or not raw.relation -%}
        {{ raw_from(raw) }}
    where {{ day_is_due(raw, channel, level, account, day) }}
    {%- else -%}
    (
        select *, row_number() over (
            partition by {% for column in unique_by if column in raw.columns %}"{{ column }}"{{ ', ' if not loop.last }}{% endfor %}
            order by _sdc_sequence desc
        ) as recency
        from {{ raw.relation }}
        where {{ day_is_due(raw, channel, level, account, day) }}
    ) as versions
    where recency = 1
    {%- endif %}
    {% for name, value in only.items() -%}
    and {{ raw_column(raw, name, 'varchar(256)') }} = '{{ value }}'
    {% endfor -%}
    group by 1, 2, 3, 4{% for _ in level_keys(level) %}, {{ loop.index + 4 }}{% endfor %}
{% endmacro %}
