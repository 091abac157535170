{# What was bought after an ad: Sponsored Products by four windows, which overlap; the other products by one. #}
{%- set kinds = [
    ('sp', 'purchases1d', 'sales1d', '1d_click'),
    ('sp', 'purchases7d', 'sales7d', '7d_click'),
    ('sp', 'purchases14d', 'sales14d', '14d_click'),
    ('sp', 'purchases30d', 'sales30d', '30d_click'),
    ('sb', 'purchases', 'sales', '14d'),
    ('sd', 'purchases', 'sales', '14d'),
    ('sb', 'purchasesclicks', 'salesclicks', '14d_click'),
    ('sd', 'purchasesclicks', 'salesclicks', '14d_click'),
] -%}
{% for product, count, value, attribution_window in kinds %}
{%- set raw = raw_stream('amazon_ads', [product ~ '_campaign_report']) %}
select
    cast('amazon_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'profileid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'campaignid', 'varchar(128)') }} as campaign_id,
    {{ raw_column(raw, 'date', 'date') }} as report_date,
    cast('purchases' as varchar(256)) as action_type,
    cast('purchase' as varchar(32)) as action_category,
    cast('{{ attribution_window }}' as varchar(64)) as attribution_window,
    {{ raw_column(raw, count, 'decimal(20, 6)') }} as conversions,
    {{ raw_column(raw, value, 'decimal(20, 6)') }} as conversion_value_native,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_rows(raw, ['profileid', 'campaignid', 'date']) }}
where {{ raw_column(raw, count, 'decimal(20, 6)') }} <> 0
{{ 'union all' if not loop.last }}
{%- endfor %}
