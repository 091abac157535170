-- Days with money in a currency that has no rate: their amounts in the reporting currency are NULL.
{{ config(materialized='view') }}
select platform, account_id, currency_code, reporting_currency, report_date, spend_native
from {{ ref('mart_media_account_daily') }}
where spend_native <> 0 and spend_reporting is null
