"""What files are made of: headers as AppsFlyer writes them, and the fields that may be asked for besides.

https://support.appsflyer.com/hc/en-us/articles/208387843 (raw-data fields), read 2026-11
"""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.encodings import delimited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["ADDITIONAL", "RAW", "written"]

_KNOWN: Final[Mapping[str, str]] = json.loads(files("dif_sandbox.sim.appsflyer").joinpath("fields.json").read_bytes())
_CONTRIBUTORS: Final = {
    f"contributor{number}_{field}": f"Contributor {number} {header}"
    for number in (1, 2, 3)
    for field, header in {
        "af_prt": "Partner",
        "media_source": "Media Source",
        "campaign": "Campaign",
        "touch_type": "Touch Type",
        "touch_time": "Touch Time",
    }.items()
}
_NAMED: Final = {
    "event_revenue_preferred": "Event Revenue Preferred",
    "af_prt": "Partner", "media_source": "Media Source", "af_channel": "Channel", "af_keywords": "Keywords",
    "campaign": "Campaign", "af_c_id": "Campaign ID", "af_adset": "Adset", "af_adset_id": "Adset ID", "af_ad": "Ad",
    "af_ad_id": "Ad ID", "af_ad_type": "Ad Type", "af_siteid": "Site ID", "af_sub_siteid": "Sub Site ID",
    **{f"af_sub{number}": f"Sub Param {number}" for number in range(1, 6)},
    "af_cost_model": "Cost Model", "af_cost_value": "Cost Value", "af_cost_currency": "Cost Currency", **_CONTRIBUTORS,
    "dma": "DMA", "ip": "IP", "wifi": "WIFI", "appsflyer_id": "AppsFlyer ID", "advertising_id": "Advertising ID",
    "idfa": "IDFA", "android_id": "Android ID", "customer_user_id": "Customer User ID", "imei": "IMEI", "idfv": "IDFV",
    "os_version": "OS Version", "sdk_version": "SDK Version", "app_id": "App ID", "bundle_id": "Bundle ID",
    "af_attribution_lookback": "Attribution Lookback", "af_reengagement_window": "Reengagement Window",
    "http_referrer": "HTTP Referrer", "original_url": "Original URL",
}  # fmt: skip
RAW: Final[Mapping[str, str]] = {
    field: _NAMED.get(field, field.replace("_", " ").title()) for field in _KNOWN["raw"].split()
}
"""Field of a raw report, in AppsFlyer's words -> its header; the order is that of the files."""

_BESIDES: Final = {
    "gp_referrer": "Google Play Referrer", "gp_click_time": "Google Play Click Time", "att": "ATT", "oaid": "OAID",
    "gp_install_begin": "Google Play Install Begin Time", "gp_broadcast_referrer": "Google Play Broadcast Referrer",
    "amazon_aid": "Amazon Fire ID", "is_lat": "Is LAT", "deeplink_url": "Deeplink URL", "keyword_id": "Keyword ID",
    "network_account_id": "Network Account ID", "install_time_tz": "Install Time TZ", "event_time_tz": "Event Time TZ",
    **{
        f"contributor{number}_{field}_type": f"Contributor {number} {field.title()} Type"
        for number in (1, 2, 3)
        for field in ("match", "engagement")
    },
}  # fmt: skip
ADDITIONAL: Final[Mapping[str, str]] = {
    **_BESIDES,
    **{name: name.replace("_", " ").title() for name in _KNOWN["besides"].split()},
}
"""Field that may be asked for besides -> its header."""


def written(rows: Iterable[Mapping[str, str]], columns: Mapping[str, str]) -> Iterator[bytes]:
    """A file: fields -> headers, and rows by their fields."""
    headed = ({header: row.get(field, "") for field, header in columns.items()} for row in rows)
    return delimited(headed, list(columns.values()), charset="utf-8-sig", quoting=csv.QUOTE_MINIMAL, line_end="\n")
