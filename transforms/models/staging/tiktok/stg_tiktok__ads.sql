{%- set raw = raw_stream('tiktok', ['ads']) -%}
select
    cast('tiktok' as varchar(32)) as platform,
    {{ raw_column(raw, 'advertiser_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'adgroup_id', 'varchar(128)') }} as ad_group_id,
    {{ raw_column(raw, 'ad_id', 'varchar(128)') }} as ad_id,
    {{ raw_column(raw, 'ad_name', 'varchar(1024)') }} as ad_name,
    {{ raw_column(raw, 'secondary_status', 'varchar(64)') }} as ad_status,
    {{ raw_column(raw, 'landing_page_url', 'varchar(4096)') }} as landing_url,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
