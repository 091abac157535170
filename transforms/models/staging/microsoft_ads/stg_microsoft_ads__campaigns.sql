{%- set raw = raw_stream('microsoft_ads', ['campaigns']) -%}
select
    cast('microsoft_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'accountid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'name', 'varchar(1024)') }} as campaign_name,
    {{ raw_column(raw, 'campaigntype', 'varchar(64)') }} as campaign_type,
    {{ raw_column(raw, 'status', 'varchar(64)') }} as campaign_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
