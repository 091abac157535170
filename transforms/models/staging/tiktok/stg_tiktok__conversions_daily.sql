{# A column an event becomes a row an event; where it happened is part of its name. Their windows are the ad group's. #}
{%- set events = {
    'campaigns_page_event_reports_daily': [
        ('page', 'complete_payment', 'total_complete_payment_rate', 'purchase'),
        ('page', 'on_web_order', 'total_on_web_order_value', 'order'),
        ('page', 'initiate_checkout', 'total_initiate_checkout_value', 'checkout'),
        ('page', 'web_event_add_to_cart', 'total_web_event_add_to_cart_value', 'cart'),
        ('page', 'user_registration', 'total_user_registration_value', 'signup'),
        ('page', 'form', 'total_form_value', 'lead'),
    ],
    'campaigns_in_app_event_reports_daily': [
        ('app', 'app_install', '', 'install'),
        ('app', 'total_purchase', 'total_purchase_value', 'purchase'),
        ('app', 'total_app_event_add_to_cart', 'total_app_event_add_to_cart_value', 'cart'),
        ('app', 'total_registration', '', 'signup'),
        ('app', 'total_sales_lead', 'total_sales_lead_value', 'lead'),
    ],
    'campaigns_onsite_event_reports_daily': [
        ('onsite', 'onsite_shopping', 'total_onsite_shopping_value', 'purchase'),
        ('onsite', 'onsite_initiate_checkout_count', 'total_onsite_initiate_checkout_count_value', 'checkout'),
        ('onsite', 'onsite_on_web_cart', 'total_onsite_on_web_cart_value', 'cart'),
        ('onsite', 'onsite_form', 'total_onsite_form_value', 'lead'),
    ],
} -%}
{% for stream, kinds in events.items() %}
{%- set raw = raw_stream('tiktok', [stream]) -%}
{%- set last_stream = loop.last -%}
{% for place, count, value, category in kinds %}
select
    cast('tiktok' as varchar(32)) as platform,
    {{ raw_column(raw, 'advertiser_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'stat_time_day', 'date') }} as report_date,
    cast('{{ place }}_{{ category }}' as varchar(256)) as action_type,
    cast('{{ category }}' as varchar(32)) as action_category,
    cast('ad_group' as varchar(64)) as attribution_window,
    {{ raw_column(raw, count, 'decimal(20, 6)') }} as conversions,
    {{ raw_column(raw, value, 'decimal(20, 6)') }} as conversion_value_native,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
where {{ raw_column(raw, count, 'decimal(20, 6)') }} <> 0
{{ 'union all' if not (loop.last and last_stream) }}
{% endfor %}
{% endfor %}
