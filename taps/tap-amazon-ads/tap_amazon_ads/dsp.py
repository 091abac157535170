"""The DSP: which entities and advertisers there are, and their reports of version 3.

https://advertising.amazon.com/API/docs/en-us/guides/reporting/dsp/creating-reports and .../dsp-advertiser
(read 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_kit.decode import Cells, Chosen, JsonRecords, Picked, Words
from dif_kit.paging import Offset
from dif_kit.tap import Choices, IdBatches

from tap_amazon_ads._facts import REGIONS, listed
from tap_amazon_ads.dsp_kinds import DSP_KINDS
from tap_amazon_ads.profiles import AmazonAdsStream
from tap_amazon_ads.reports import Report, report

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["LISTS", "REPORTS", "DspReport"]


class DspProfiles(AmazonAdsStream):
    """Profiles of the DSP: an entity in a marketplace, which buys for its advertisers."""

    name = "dsp_profiles"
    path = "/v2/profiles"
    params = {"profileTypeFilter": "agency"}
    ids = Choices(setting="regions", size=1, hole="region", joined_by="")
    # Those of the subtype AMAZON_ATTRIBUTION are of an agency as well, and no part of the DSP.
    records = Cells(
        Chosen(
            Picked(
                JsonRecords(),
                {
                    **{name: name for name in ("profileId", "countryCode", "currencyCode", "timezone")},
                    "entityId": "accountInfo.id",
                    "name": "accountInfo.name",
                    "marketplaceId": "accountInfo.marketplaceStringId",
                    "subType": "accountInfo.subType",
                },
                absent={"subType": ""},
            ),
            "subType",
            frozenset({""}),
        ),
        words=(Words("countryCode", REGIONS, "region"),),
    )
    primary_keys = ("profileId",)
    schema = listed(name, *primary_keys)
    context_keys = {"profile_id": "profileId", "region": "region", "zone": "timezone"}
    restricted_by = "profile_ids"


class DspAdvertisers(AmazonAdsStream):
    """Advertisers of an entity of the DSP, each with its currency and time zone."""

    name = "dsp_advertisers"
    path = "/dsp/advertisers"
    headers = {"Amazon-Advertising-API-Scope": "{profile_id}"}
    parent_stream_type = DspProfiles
    context_columns = {"profileId": "profile_id"}
    paging = Offset("startIndex", ("count", 100), total="totalResults")
    records = JsonRecords("response")
    primary_keys = ("profileId", "advertiserId")
    schema = listed(name, *primary_keys)


class DspReport(Report):
    """What reports of the DSP share: they name the advertisers that they are about, a hundred at most.

    Money is in the order's currency, `orderCurrency`.
    """

    parent_stream_type: type[Stream] = DspProfiles
    context_columns = {"profileId": "profile_id"}
    ids = IdBatches(DspAdvertisers, "advertiserId", 100, hole="advertiser_ids")
    duplicate_holds = (*Report.duplicate_holds, "configuration.filters.*.values")


LISTS: Final = (DspProfiles, DspAdvertisers)
REPORTS: Final = tuple(report(name, kind, DspReport) for name, kind in DSP_KINDS.items())
