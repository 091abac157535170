{# Facts as they must be, in one pass: one row a key, a currency, a channel that the project knows. #}
{% test sound_facts(model) %}
    select row_key, platform, count(*) as times, count(currency_code) as with_currency
    from {{ model }}
    group by 1, 2
    having
        count(*) > 1
        or count(row_key) = 0
        or count(currency_code) < count(*)
        or platform not in ({% for name in var('channels') %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
{% endtest %}
