{%- set raw = raw_stream('amazon_ads', ['profiles']) -%}
select
    cast('amazon_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'profileid', 'varchar(64)') }} as account_id,
    {{ json_value(raw_json(raw, 'accountinfo'), ['name'], 'varchar(1024)') }} as account_name,
    {{ raw_column(raw, 'currencycode', 'varchar(3)') }} as currency_code,
    {{ raw_column(raw, 'timezone', 'varchar(64)') }} as time_zone,
    {{ raw_column(raw, '', 'varchar(64)') }} as account_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
