{%- set raw = raw_stream('meta', ['campaigns']) -%}
select
    cast('meta' as varchar(32)) as platform,
    {{ raw_column(raw, 'account_id', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'id', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'name', 'varchar(1024)') }} as campaign_name,
    {{ raw_column(raw, 'objective', 'varchar(64)') }} as campaign_type,
    {{ raw_column(raw, 'effective_status', 'varchar(64)') }} as campaign_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
