"""A tap of ours over a small API that says the same every time."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from dif_kit.paging import Cursor
from dif_kit.tap import Stream, Tap
from dif_kit.testing import ApiAnswer, FakeApi

__all__ = ["DAYS", "STREAMS", "TapShop", "row", "serve"]

STREAMS = ("orders", "prices")
PAGES, ROWS_A_PAGE = 3, 6
DAYS = [f"2026-11-0{day}" for day in range(1, PAGES + 1)]
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "day": {"type": "string", "format": "date"},
        "name": {"type": ["null", "string"]},
        "spend": {"type": ["null", "number"], "multipleOf": 0.01},
    },
}


class Orders(Stream):
    name = "orders"
    path = "/orders"
    records = "items"
    paging = Cursor(token="next", param="page")
    primary_keys = ("id",)
    replication_key = "day"
    is_sorted = True
    schema: ClassVar[dict[str, Any]] = SCHEMA
    STATE_MSG_FREQUENCY = 4  # so that STATE falls between rows


class Prices(Orders):
    name = "prices"
    path = "/prices"


class TapShop(Tap):
    name = "tap-shop"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    stream_types = (Orders, Prices)


def row(number: int) -> dict[str, Any]:
    """The row of a number from 0 on; each stream has the same."""
    day = DAYS[number // ROWS_A_PAGE]
    return {"id": number, "day": day, "name": f"no. {number}" if number % 4 else None, "spend": number + 0.25}


def serve(api: FakeApi) -> None:
    """Let the API have three pages of each stream."""

    def answer(request: Any) -> ApiAnswer:
        page = int(request.query.get("page") or 0)
        items = [row(page * ROWS_A_PAGE + place) for place in range(ROWS_A_PAGE)]
        return ApiAnswer(json.loads(json.dumps({"items": items, "next": str(page + 1) if page + 1 < PAGES else None})))

    for stream in STREAMS:
        api.on("GET", f"/{stream}", answer)
