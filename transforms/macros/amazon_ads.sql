{# Amazon's words of a product's figures. All count what was bought within 14 days of a click, which is what Brands and
   Display report by default. https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/columns (read 2026-11) #}
{% macro amazon_metrics(product) %}
    {% set metrics = {'spend_native': 'cost', 'impressions': 'impressions', 'clicks': 'clicks'} %}
    {% if product == 'sp' %}
        {% do metrics.update({'conversions': 'purchases14d', 'conversion_value_native': 'sales14d'}) %}
    {% else %}
        {% do metrics.update({'conversions': 'purchases', 'conversion_value_native': 'sales'}) %}
    {% endif %}
    {% if product == 'sb' %}{% do metrics.update({'video_views': 'video5secondviews'}) %}{% endif %}
    {{ return(metrics) }}
{% endmacro %}

{# The products' names, as campaigns' type. #}
{% macro amazon_products() %}
    {{ return({'sp': 'SPONSORED_PRODUCTS', 'sb': 'SPONSORED_BRANDS', 'sd': 'SPONSORED_DISPLAY'}) }}
{% endmacro %}

{# A level of all products, each from its own report. #}
{% macro amazon_daily(level, keys) %}
    {%- for streams in level_feeds('amazon_ads', level) %}
    {%- set product = streams[0][:2] %}
    {{ stage_daily(
        channel='amazon_ads',
        level=level,
        streams=streams,
        day='date',
        account='profileid',
        currency='currencycode',
        keys=keys[product] if product in keys else keys,
        metrics=amazon_metrics(product),
    ) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
