"""The API of pages as a tap of singer-sdk, as its template makes one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from _ads import KEYS, SCHEMA
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import JSONPathPaginator


class Rows(RESTStream[int]):
    """Rows of an ads report."""

    name = "ads"
    path = "/rows"
    primary_keys = KEYS
    replication_key = None
    schema = SCHEMA
    records_jsonpath = "$.data[*]"

    @property
    def url_base(self) -> str:
        return str(self.config["api_url"])

    def get_new_paginator(self) -> JSONPathPaginator:
        return JSONPathPaginator("$.next_page")

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:  # noqa: ARG002 - the SDK's
        return {} if next_page_token is None else {"page": next_page_token}


class TapPages(Tap):
    """Numbered pages."""

    name = "tap-pages-stock"
    config_jsonschema = th.PropertiesList(th.Property("api_url", th.StringType, required=True)).to_dict()

    def discover_streams(self) -> list[Rows]:
        return [Rows(self)]


if __name__ == "__main__":
    TapPages.cli()
