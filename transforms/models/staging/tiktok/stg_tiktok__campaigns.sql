{%- set raw = raw_stream('tiktok', ['campaigns']) -%}
select
    cast('tiktok' as varchar(32)) as platform,
    {{ raw_column(raw, 'advertiser_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'campaign_name', 'varchar(1024)') }} as campaign_name,
    {{ raw_column(raw, 'objective_type', 'varchar(64)') }} as campaign_type,
    {{ raw_column(raw, 'secondary_status', 'varchar(64)') }} as campaign_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
