{%- set raw = raw_stream('tiktok', ['ad_groups']) -%}
select
    cast('tiktok' as varchar(32)) as platform,
    {{ raw_column(raw, 'advertiser_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaign_id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'adgroup_id', 'varchar(128)') }} as ad_group_id,
    {{ raw_column(raw, 'adgroup_name', 'varchar(1024)') }} as ad_group_name,
    {{ raw_column(raw, 'secondary_status', 'varchar(64)') }} as ad_group_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
