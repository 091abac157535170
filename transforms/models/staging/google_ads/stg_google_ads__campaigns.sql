{%- set raw = raw_stream('google_ads', ['campaign']) -%}
select
    cast('google_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'customer_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'campaign_name', 'varchar(1024)') }} as campaign_name,
    {{ raw_column(raw, 'campaign_advertising_channel_type', 'varchar(64)') }} as campaign_type,
    {{ raw_column(raw, 'campaign_status', 'varchar(64)') }} as campaign_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
