{%- set raw = raw_stream('microsoft_ads', ['accounts']) -%}
select
    cast('microsoft_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'name', 'varchar(1024)') }} as account_name,
    {{ raw_column(raw, 'currencycode', 'varchar(3)') }} as currency_code,
    {{ raw_column(raw, 'ianatimezone', 'varchar(64)') }} as time_zone,
    {{ raw_column(raw, 'accountlifecyclestatus', 'varchar(64)') }} as account_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
