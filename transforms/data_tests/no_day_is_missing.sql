-- A day that should have been read and was not: catch up with `ledger catch-up`.
{{ config(severity='warn') }}
select client_id, level, platform, account_id, report_date
from {{ ref('ctl_completeness') }}
where status = 'missing'
