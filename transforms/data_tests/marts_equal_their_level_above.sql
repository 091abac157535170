-- With their residual rows, ads have what their campaigns have.
{{ config(tags=['by_day']) }}
with ads as (
    select ads.platform, ads.account_id, ads.report_date, sum(ads.spend_native) as spend_native
    from {{ ref('mart_media_ad_daily') }} as ads
    where ads.campaign_id is not null and {{ day_is_to_check('ads') }}
    group by 1, 2, 3
)

select recon.*, ads.spend_native as spend_with_residuals
from {{ ref('recon_media_levels') }} as recon
inner join ads
    on recon.platform = ads.platform
    and recon.account_id = ads.account_id
    and recon.report_date = ads.report_date
where
    recon.level_above = 'campaign'
    and recon.level_below = 'ad'
    and abs(recon.spend_above - ads.spend_native) > {{ var('level_tolerance') }}
