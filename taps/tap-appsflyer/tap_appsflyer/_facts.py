"""What AppsFlyer's streams share: budgets, the error table, names and types of columns."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dif_kit.budget import Budget
from dif_kit.http import Match, Verdicts
from dif_kit.tap import COLUMN_TYPES, known_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ADDITIONAL", "APPS", "CALLS", "FIGURES", "NAMES", "PERSONAL", "RAW", "VERDICTS", "VERSION", "quota"]

# The version of both kinds of Pull API that takes tokens of the second generation; no end is announced. Such tokens
# that were made before 2026-03-10 19:00 UTC are void. https://dev.appsflyer.com/hc/reference (read 2026-11)
VERSION: Final = "v5"

# No pace is published for calls as such, and no header tells what is left: this is a careful guess. Quotas of reports
# are counted besides; those of raw data depend on the client's plan, and are told by a refusal only.
# https://support.appsflyer.com/hc/en-us/articles/207034366 (read 2026-11)
CALLS: Final = Budget("appsflyer", ("5/s",))

# Refusals are texts, as JSON or plain. A quota of raw data is told by 400 and lasts until midnight in UTC, the minute
# and the day of an aggregate report by 403 in the same words: who is refused twice in a row has met the day's.
# https://dev.appsflyer.com/hc/reference/get_app-id-installs-report-v5 (errors) and .../207034366 (read 2026-11)
_QUOTA: Final = "limit has been reached for"
_LIMIT: Final = "Limit reached for"
_TOMORROW: Final = "day@UTC"
# Both are counted for each report of each app, so no other waits for them.
_OF_APP: Final = ("credential", "app_id")
VERDICTS: Final = Verdicts(
    message="message",
    throttled=frozenset({Match(status=400, text=_QUOTA), Match(status=403, text=_LIMIT), Match(status=429)}),
    waits={
        Match(status=400, text=_QUOTA): _TOMORROW,
        Match(status=403, text=_LIMIT): (61.0, _TOMORROW),
        Match(status=429): 61.0,
    },
    scopes={Match(status=400, text=_QUOTA): _OF_APP, Match(status=403, text=_LIMIT): _OF_APP},
    # 402: the report is no part of the client's plan. 416: the range is beyond what is kept for this app.
    skip_partition=frozenset({Match(status=402), Match(status=416)}),
)


def quota(report: str, *policies: str) -> Budget:
    """What one app may be asked of one report."""
    return Budget(f"appsflyer.{report}", policies, scope=_OF_APP)


_FILES: Final = files("tap_appsflyer")
_ADDITIONAL: Final[Mapping[str, Any]] = json.loads(_FILES.joinpath("additional.json").read_bytes())
_KNOWN: Final = known_columns("tap_appsflyer")

#: Raw report -> the fields that may be asked for besides its own.
ADDITIONAL: Final = {report: (*_ADDITIONAL["every"], *more) for report, more in _ADDITIONAL["besides"].items()}
#: What stands in a header -> AppsFlyer's own word for the field, where that is not the same in small letters.
#: https://support.appsflyer.com/hc/en-us/articles/208387843 (raw-data field dictionary, read 2026-11)
NAMES: Final[Mapping[str, str]] = json.loads(_FILES.joinpath("names.json").read_bytes())

#: Fields that say who somebody is, or lead there; each says so in its column's description.
PERSONAL: Final = frozenset(
    [
        *("ip", "postal_code", "city", "user_agent", "original_url", "http_referrer", "deeplink_url", "gp_referrer"),
        *("appsflyer_id", "advertising_id", "idfa", "idfv", "android_id", "imei", "oaid", "amazon_aid"),
        *("customer_user_id", "custom_data", "event_value"),
    ]
)
_JSON: Final = {"type": ["object", "array", "string", "null"]}


def _described(name: str, column: Mapping[str, Any]) -> dict[str, Any]:
    said = []
    if name in PERSONAL:
        said.append("Personal data.")
    if column.get("format") == "date-time":
        said.append("In the app's time zone; in UTC for ad revenue.")
    if name in {"event_value", "custom_data"}:
        said.append("JSON where the app sent such; any other text as it is.")
    return {**column, "description": " ".join(said)} if said else dict(column)


APPS: Final = _KNOWN["apps"]
#: Column of a raw report -> its JSON schema.
RAW: Final = {
    **{name: _described(name, column) for name, column in _KNOWN["raw"].items()},
    **{name: _described(name, _JSON) for name in ("event_value", "custom_data")},
    "app_id": COLUMN_TYPES["string"],
    "date": COLUMN_TYPES["date"],
    "row_id": COLUMN_TYPES["string"],
}
#: Figure of an aggregate report -> its JSON schema.
FIGURES: Final = _KNOWN["figures"]
