{# One row for each key; a part of a key may be NULL. #}
{% test one_row_a_key(model, keys) %}
    select {{ keys | join(', ') }}
    from {{ model }}
    group by {{ keys | join(', ') }}
    having count(*) > 1
{% endtest %}
