{# Orders, in the shop's currency and calendar; what led to an order is its last visit, and beside it the first.
   A draft that became an order, or an order of a point of sale, has no visit. #}
{%- set orders = raw_stream('shopify', ['orders']) -%}
{%- set shops = raw_stream('shopify', ['shop']) -%}
{%- set journeys = raw_stream('shopify', ['order_journeys']) -%}
with orders as (
    select
        cast('{{ orders.stream }}' as varchar(256)) as stream_name,
        {{ raw_column(orders, 'shop_id', 'varchar(128)') }} as shop_id,
        {{ raw_column(orders, 'id', 'varchar(256)') }} as order_id,
        {{ raw_column(orders, 'source_name', 'varchar(256)') }} as source_name,
        {{ raw_moment(orders, 'processed_at') }} as processed_at,
        {{ raw_moment(orders, 'cancelled_at') }} as cancelled_at,
        {{ raw_column(orders, 'customer_id', 'varchar(256)') }} as customer_id,
        {{ raw_column(orders, 'test', 'boolean') }} as is_test,
        {{ raw_column(orders, 'currency_code', 'varchar(3)') }} as currency_code,
        {{ raw_money(orders, 'total_price', false) }} as total_price,
        {{ raw_money(orders, 'total_refunded', false) }} as total_refunded,
        {{ raw_moment(orders, '_sdc_extracted_at') }} as extracted_at,
        {{ raw_column(orders, '_dif_run_id', 'varchar(256)') }} as run_id
    from {{ raw_rows(orders, ['shop_id', 'id']) }}
),

shops as (
    select
        {{ raw_column(shops, 'id', 'varchar(128)') }} as shop_id,
        {{ raw_column(shops, 'timezone', 'varchar(64)') }} as time_zone
    from {{ raw_rows(shops, ['id']) }}
),

journeys as (
    select
        {{ raw_column(journeys, 'shop_id', 'varchar(128)') }} as shop_id,
        {{ raw_column(journeys, 'order_id', 'varchar(256)') }} as order_id,
        {{ raw_column(journeys, 'customer_order_index', 'bigint') }} as customer_order_index,
        {{ raw_column(journeys, 'last_visit_landing_page', 'varchar(4096)') }} as landing_page,
        {%- for part in utm_parts() %}
        {{ raw_column(journeys, 'last_visit_utm_' ~ part, 'varchar(1024)') }} as last_{{ part }},
        {%- endfor %}
        {{ raw_column(journeys, 'first_visit_utm_source', 'varchar(1024)') }} as first_source,
        {{ raw_column(journeys, 'first_visit_utm_medium', 'varchar(1024)') }} as first_medium,
        {{ raw_column(journeys, 'first_visit_utm_campaign', 'varchar(1024)') }} as first_campaign
    from {{ raw_rows(journeys, ['shop_id', 'order_id']) }}
)

select
    {{ stage_outcomes({
        'platform': "'shopify'",
        'stream_name': 'orders.stream_name',
        'account_id': 'orders.shop_id',
        'outcome_type': "'order'",
        'outcome_name': 'orders.source_name',
        'outcome_id': 'orders.order_id',
        'occurred_at': 'orders.processed_at',
        'outcome_date': "convert_timezone('UTC', coalesce(shops.time_zone, 'UTC'), orders.processed_at)",
        'account_timezone': "coalesce(shops.time_zone, 'UTC')",
        'person_id': 'orders.customer_id',
        'order_index': 'journeys.customer_order_index',
        'is_valid': 'not coalesce(orders.is_test, false) and orders.cancelled_at is null',
        'currency_code': 'orders.currency_code',
        'value_native': 'orders.total_price',
        'refunded_native': 'orders.total_refunded',
        'landing_url': 'journeys.landing_page',
        'told_utm_source': 'journeys.last_source',
        'told_utm_medium': 'journeys.last_medium',
        'told_utm_campaign': 'journeys.last_campaign',
        'told_utm_content': 'journeys.last_content',
        'told_utm_term': 'journeys.last_term',
        'first_utm_source': 'journeys.first_source',
        'first_utm_medium': 'journeys.first_medium',
        'first_utm_campaign': 'journeys.first_campaign',
        'extracted_at': 'orders.extracted_at',
        'run_id': 'orders.run_id',
    }) }}
from orders
left join shops on orders.shop_id = shops.shop_id
left join journeys on orders.shop_id = journeys.shop_id and orders.order_id = journeys.order_id
