-- With their residual rows, ads have what their campaigns have.
with ads as (
    select platform, account_id, report_date, sum(spend_native) as spend_native
    from {{ ref('mart_media_ad_daily') }}
    where campaign_id is not null
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
