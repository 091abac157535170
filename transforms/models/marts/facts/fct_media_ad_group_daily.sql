{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    meta={'level': 'ad_group'},
    on_schema_change='fail',
    dist='even',
    sort=['report_date', 'account_id'],
    post_hook="{{ note_built('ad_group') }}",
) }}
{{ build_facts('ad_group') }}
