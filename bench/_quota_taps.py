"""The same API read by dif and by a stock singer-sdk tap.

usage: python _quota_taps.py dif|stock URL
"""

from __future__ import annotations

import sys
from typing import Any

from _ads import KEYS, SCHEMA

# The API's rule, a bucket of 20 that refills by 20 a second, less two: they forgive 100 ms of jitter on the way.
QUOTA = "points 18 restore 20/s"
ACCOUNT = {"type": "object", "properties": {"id": {"type": "string"}}}


def dif() -> type:
    from dif_kit.budget import Budget
    from dif_kit.paging import Cursor
    from dif_kit.tap import Stream, Tap

    class Accounts(Stream):
        name = "accounts"
        path = "/accounts"
        records = "data"
        primary_keys = ("id",)
        context_keys = {"account": "id"}
        schema = ACCOUNT

    class Performance(Stream):
        name = "ads_performance"
        path = "/report"
        params = {"partition": "{account}"}
        records = "data"
        paging = Cursor(token="next_page", param="page")
        budgets = (Budget("bench", (QUOTA,)),)
        parent_stream_type = Accounts
        primary_keys = KEYS
        schema = SCHEMA

    return type("TapBench", (Tap,), {"name": "tap-bench", "stream_types": (Accounts, Performance)})


def stock() -> type:
    from singer_sdk import RESTStream, Tap
    from singer_sdk import typing as th
    from singer_sdk.pagination import BaseAPIPaginator

    class Pages(BaseAPIPaginator[int | None]):
        def get_next(self, response: Any) -> int | None:
            return response.json().get("next_page")

    class Base(RESTStream[int]):
        records_jsonpath = "$.data[*]"

        @property
        def url_base(self) -> str:
            return self.config["api_url"]

        def get_new_paginator(self) -> Pages:
            return Pages(1)

    class Accounts(Base):
        name = "accounts"
        path = "/accounts"
        primary_keys = ("id",)
        schema = ACCOUNT

        def get_child_context(self, record: dict[str, Any], context: Any) -> dict[str, Any]:
            return {"account": record["id"]}

    class Performance(Base):
        name = "ads_performance"
        path = "/report"
        parent_stream_type = Accounts
        primary_keys = KEYS
        schema = SCHEMA

        def get_url_params(self, context: Any, next_page_token: Any) -> dict[str, Any]:
            return {"partition": context["account"], "page": next_page_token}

    class TapBench(Tap):
        name = "tap-bench"
        config_jsonschema = th.PropertiesList(th.Property("api_url", th.StringType)).to_dict()

        def discover_streams(self) -> list[Base]:
            return [Accounts(self), Performance(self)]

    return TapBench


if __name__ == "__main__":
    {"dif": dif, "stock": stock}[sys.argv[1]]().cli(["--config", sys.argv[2]])
