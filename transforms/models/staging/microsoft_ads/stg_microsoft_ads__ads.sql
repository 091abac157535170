{# Ads have no name: the first part of their title stands for it, or the first of the headlines they choose from. #}
{%- set raw = raw_stream('microsoft_ads', ['ads']) -%}
select
    cast('microsoft_ads' as varchar(32)) as platform,
    {{ raw_column(raw, 'accountid', 'varchar(64)') }} as account_id,
    {{ raw_column(raw, 'adgroupid', 'varchar(128)') }} as ad_group_id,
    {{ raw_column(raw, 'id', 'varchar(128)') }} as ad_id,
    cast(coalesce(
        {{ raw_column(raw, 'titlepart1', 'varchar(1024)') }},
        {{ json_value(json_first(raw_json(raw, 'headlines')), ['Asset', 'Text'], 'varchar(1024)') }}
    ) as varchar(1024)) as ad_name,
    {{ raw_column(raw, 'status', 'varchar(64)') }} as ad_status,
    cast({{ json_first(raw_json(raw, 'finalurls')) }} as varchar(4096)) as landing_url,
    {{ raw_moment(raw, '_sdc_extracted_at') }} as extracted_at
from {{ raw_from(raw) }}
