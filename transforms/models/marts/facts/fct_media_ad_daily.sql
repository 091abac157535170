{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    meta={'level': 'ad'},
    on_schema_change='fail',
    dist='even',
    sort=['report_date', 'account_id'],
    post_hook="{{ note_built('ad') }}",
) }}
{{ build_facts('ad') }}
