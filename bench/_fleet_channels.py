"""Fourteen channels as a fleet meets them: whose budget a request counts in, and what a run of one client asks for.

Budgets of channels that have a tap are the tap's own. The others are what their documentation says, read 2026-11. How
many requests a run sends is an assumption, stated here and nowhere else: a client of an agency with one account a
channel, four incremental runs a day, the figures and names that `clients/acme.meltano.yml` selects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dif_kit.budget import Budget
from tap_amazon_ads import _facts as amazon_ads
from tap_appsflyer import _facts as appsflyer
from tap_google_ads import _facts as google_ads
from tap_klaviyo import _facts as klaviyo
from tap_meta import _facts as meta
from tap_microsoft_ads import _facts as microsoft_ads
from tap_pinterest import _facts as pinterest
from tap_shopify import _facts as shopify
from tap_tiktok import _facts as tiktok

__all__ = ["AGENCY", "CHANNELS", "Calls", "Channel"]

# Whose a budget is: the agency's app, token or manager account, which all clients share; or the client's own.
AGENCY, CLIENT = "agency", "client"


@dataclass(frozen=True)
class Calls:
    """So many requests of one kind in a run, each counted in all of these budgets, given with whose they are."""

    number: int
    budgets: tuple[tuple[Budget, str], ...]


@dataclass(frozen=True)
class Channel:
    """One channel of a client; ``regions`` divide what is the agency's."""

    tap: str
    calls: tuple[Calls, ...]
    regions: int = 1

    @property
    def requests(self) -> int:
        return sum(each.number for each in self.calls)


def _calls(number: int, *budgets: Budget | tuple[Budget, str]) -> Calls:
    return Calls(number, tuple(each if isinstance(each, tuple) else (each, AGENCY) for each in budgets))


def _own(*budgets: Budget) -> tuple[tuple[Budget, str], ...]:
    return tuple((each, CLIENT) for each in budgets)


# A thousand clients need Standard access: no limit on operations a day (with Basic it is 15,000).
# https://developers.google.com/google-ads/api/docs/api-policy/access-levels
_OPERATIONS = replace(google_ads.OPERATIONS, policies=("40/s",))
# Unpublished; what others keep to for analytics, by app and member. Each client's member signs for itself.
_LINKEDIN = Budget("linkedin.analytics", ("6/10s",))
# 20 a second and app, 10 a second and token: https://developers.snap.com/api/marketing-api/Ads-API/rate-limits
_SNAPCHAT_APP, _SNAPCHAT = Budget("snapchat.app", ("20/s",)), Budget("snapchat", ("10/s",))
# Tokens of a property: 40,000 an hour; an ordinary report costs about ten. 10 at once are not met by four threads.
# https://developers.google.com/analytics/devguides/reporting/data/v1/quotas
_GA4 = Budget("ga4.property", ("40000/h",), cost=10)
# https://pubhelp.rakutenadvertising.com (about 100 a minute, uncertain)
_RAKUTEN = Budget("rakuten", ("100/min",))
# 250 a minute and app, 40 of them reports: https://developers.criteo.com/marketing-solutions/docs/rate-limits
_CRITEO, _CRITEO_REPORTS = Budget("criteo", ("250/min",)), Budget("criteo.reports", ("40/min",))

CHANNELS: tuple[Channel, ...] = (
    Channel("tap-amazon-ads", (
        _calls(4, amazon_ads.CALLS, (amazon_ads.OF_PROFILE, CLIENT)),
        _calls(4, amazon_ads.CALLS, (amazon_ads.OF_PROFILE, CLIENT), amazon_ads.ORDERS),
        _calls(8, amazon_ads.CALLS, (amazon_ads.OF_PROFILE, CLIENT)),
    ), regions=2),
    Channel("tap-appsflyer", (Calls(6, _own(appsflyer.CALLS)),)),
    Channel("tap-criteo", (_calls(6, _CRITEO), _calls(3, _CRITEO, _CRITEO_REPORTS))),
    Channel("tap-ga4", (Calls(8, _own(_GA4)),)),
    Channel("tap-google-ads", (_calls(8, _OPERATIONS, (google_ads.OF_CUSTOMER, CLIENT)),)),
    Channel("tap-klaviyo", (
        Calls(12, _own(*klaviyo.tier("campaigns", "M"))), Calls(2, _own(*klaviyo.report_budget("campaign-values"))),
    )),
    Channel("tap-linkedin", (Calls(10, _own(_LINKEDIN)),)),
    Channel("tap-meta", (
        _calls(6, meta.APP, (meta.ADS_MANAGEMENT, CLIENT)), _calls(18, meta.APP, (meta.ADS_INSIGHTS, CLIENT)),
    )),
    Channel("tap-microsoft-ads", (_calls(14, microsoft_ads.CALLS, (microsoft_ads.OF_CUSTOMER, CLIENT)),)),
    Channel("tap-pinterest", (
        _calls(12, pinterest.EVERYTHING, pinterest.ADS_READ), _calls(8, pinterest.EVERYTHING, pinterest.ADS_ANALYTICS),
    )),
    Channel("tap-rakuten", (Calls(8, _own(_RAKUTEN)),)),
    Channel("tap-shopify", (Calls(14, _own(*shopify.points(60))),)),
    Channel("tap-snapchat", (_calls(14, _SNAPCHAT_APP, _SNAPCHAT),)),
    Channel("tap-tiktok", (_calls(12, tiktok.APP),)),
)  # fmt: skip
