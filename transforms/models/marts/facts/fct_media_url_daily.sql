{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    meta={'level': 'url'},
    on_schema_change='fail',
    dist='even',
    sort=['report_date', 'account_id'],
    post_hook="{{ note_built('url') }}",
) }}
{{ build_facts('url') }}
