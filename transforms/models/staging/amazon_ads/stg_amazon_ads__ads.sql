{# An ad of a product has no name: the product stands for it. Those of Brands and Display may lead to a page. #}
{%- set streams = {'sp': 'sp_product_ads', 'sb': 'sb_ads', 'sd': 'sd_product_ads'} -%}
{%- set names = {'sp': ['asin', 'sku'], 'sb': 'name', 'sd': ['adname', 'asin', 'sku']} -%}
{% for product, stream in streams.items() %}
{%- set raw = raw_stream('amazon_ads', [stream]) %}
select
    cast('amazon_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'profileid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'adgroupid', 'varchar(128)') }} as ad_group_id,
    {{ raw_column(raw, 'adid', 'varchar(128)') }} as ad_id,
    {{ raw_key(raw, names[product], 'varchar(1024)') }} as ad_name,
    {{ raw_column(raw, 'state', 'varchar(64)') }} as ad_status,
    {% if product == 'sb' -%}
    {{ json_value(raw_json(raw, 'landingpage'), ['url'], 'varchar(4096)') }} as landing_url,
    {%- else -%}
    {{ raw_column(raw, 'landingpageurl', 'varchar(4096)') }} as landing_url,
    {%- endif %}
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
{{ 'union all' if not loop.last }}
{%- endfor %}
