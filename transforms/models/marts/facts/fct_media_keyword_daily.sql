{{ config(
    materialized='incremental',
    incremental_strategy='restate',
    meta={'level': 'keyword'},
    on_schema_change='fail',
    dist='even',
    sort=['report_date', 'account_id'],
    post_hook="{{ note_built('keyword') }}",
) }}
{{ build_facts('keyword') }}
