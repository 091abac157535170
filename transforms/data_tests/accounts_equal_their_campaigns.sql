-- Account and campaign reports are two views of one ledger: they agree to the cent, or a load is wrong.
{{ config(severity='warn') }}
select *
from {{ ref('recon_media_levels') }}
where level_above = 'account' and abs(spend_diff) > {{ var('level_tolerance') }}
