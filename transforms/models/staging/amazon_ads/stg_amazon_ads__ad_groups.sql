{% for product in amazon_products() %}
{%- set raw = raw_stream('amazon_ads', [product ~ '_ad_groups']) %}
select
    cast('amazon_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'profileid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaignid', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'adgroupid', 'varchar(128)') }} as ad_group_id,
    {{ raw_column(raw, 'name', 'varchar(1024)') }} as ad_group_name,
    {{ raw_column(raw, 'state', 'varchar(64)') }} as ad_group_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
