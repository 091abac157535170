{%- set raw = raw_stream('pinterest', ['campaigns']) -%}
select
    cast('pinterest' as varchar(32)) as platform,
    {{ raw_column(raw, 'ad_account_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'name', 'varchar(1024)') }} as campaign_name,
    {{ raw_column(raw, 'objective_type', 'varchar(64)') }} as campaign_type,
    {{ raw_column(raw, 'status', 'varchar(64)') }} as campaign_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
