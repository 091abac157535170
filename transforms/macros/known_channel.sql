{# Every row is of a channel that the project knows. #}
{% test known_channel(model, column_name) %}
    select {{ column_name }} from {{ model }}
    where {{ column_name }} not in ({% for name in var('channels') %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor %})
{% endtest %}
