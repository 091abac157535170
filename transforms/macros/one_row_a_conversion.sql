{# One row a campaign, day, kind and window. #}
{% test one_row_a_conversion(model) %}
    select platform, account_id, campaign_id, report_date, action_type, attribution_window
    from {{ model }}
    group by 1, 2, 3, 4, 5, 6
    having count(*) > 1
{% endtest %}
