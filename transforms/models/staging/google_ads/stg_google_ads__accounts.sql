{%- set raw = raw_stream('google_ads', ['account']) -%}
select
    cast('google_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'customer_client_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'customer_client_descriptive_name', 'varchar(1024)') }} as account_name,
    {{ raw_column(raw, 'customer_client_currency_code', 'varchar(3)') }} as currency_code,
    {{ raw_column(raw, 'customer_client_time_zone', 'varchar(64)') }} as time_zone,
    {{ raw_column(raw, 'customer_client_status', 'varchar(64)') }} as account_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
