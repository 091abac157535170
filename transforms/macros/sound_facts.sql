{# Facts as they must be, in one pass: one row a key, a currency, a channel that the project knows.
   Rows with one key are of one day, so days may be looked at alone. #}
{% test sound_facts(model, level) %}
    {{ config(tags=['by_day']) }}
    select row_key, platform, count(*) as times, count(currency_code) as with_currency
    from {{ model }} as facts
    where {{ day_is_to_check('facts', level) }}
    group by 1, 2
    having
        count(*) > 1
        or count(row_key) = 0
        or count(currency_code) < count(*)
        or platform not in ({% for name in var('channels') %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
{% endtest %}
