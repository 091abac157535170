"""The same API read by dlt: a parent and a parallelized transformer, as its documentation shows. Extracted, not loaded.

usage: python _quota_dlt.py URL
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator, SinglePagePaginator

CLIENT = RESTClient(base_url=sys.argv[1])


@dlt.resource(name="accounts", selected=False)
def accounts() -> Iterator[Any]:
    for page in CLIENT.paginate("accounts", paginator=SinglePagePaginator(), data_selector="data"):
        yield from page


@dlt.transformer(data_from=accounts, name="ads_performance", parallelized=True, max_table_nesting=0)
def performance(account: dict[str, Any]) -> Iterator[Any]:
    pages = JSONResponseCursorPaginator(cursor_path="next_page", cursor_param="page")
    yield from CLIENT.paginate(
        "report", params={"partition": account["id"]}, paginator=pages, data_selector="data"
    )


@dlt.source
def api() -> Any:
    return accounts, performance


if __name__ == "__main__":
    count = sum(len(item) if isinstance(item, list) else 1 for item in api())
    print(f"records {count}")
