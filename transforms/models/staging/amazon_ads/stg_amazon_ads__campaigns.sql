{% for product, word in amazon_products().items() %}
{%- set raw = raw_stream('amazon_ads', [product ~ '_campaigns']) %}
select
    cast('amazon_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'profileid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaignid', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'name', 'varchar(1024)') }} as campaign_name,
    cast('{{ word }}' as varchar(64)) as campaign_type,
    {{ raw_column(raw, 'state', 'varchar(64)') }} as campaign_status,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
