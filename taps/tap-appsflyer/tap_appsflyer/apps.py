"""The apps of an account: https://dev.appsflyer.com/hc/reference/app-list-ad-nets-api-get (read 2026-11)."""

from __future__ import annotations

from dif_kit.decode import Cells, JsonRecords, Lifted
from dif_kit.paging import NextUrl
from dif_kit.tap import Stream, schema_of

from tap_appsflyer._facts import APPS, CALLS, VERDICTS

__all__ = ["Apps", "OfApp"]


class Apps(Stream):
    """Apps of the account, with the currency and the time zone that each is set to."""

    name = "apps"
    path = "/api/mng/apps"
    records = Cells(Lifted(JsonRecords("data"), groups=("attributes",)), absent={"time_zone": "UTC"})
    paging = NextUrl("links.next", ("limit", 1000))
    budgets = (CALLS,)
    verdicts = VERDICTS
    primary_keys = ("id",)
    schema = schema_of(APPS, APPS, keys=primary_keys)
    context_keys = {"app_id": "id", "time_zone": "time_zone"}
    restricted_by = "app_ids"


class OfApp(Stream):
    """What the reports of one app share: a single answer, all of it CSV."""

    parent_stream_type = Apps
    verdicts = VERDICTS
    context_columns = {"app_id": "app_id"}
