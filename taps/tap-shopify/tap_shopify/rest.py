"""What is left in REST: pages by the header Link, a bucket of calls of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.decode import JsonRecords, Picked
from dif_kit.paging import LinkHeader, SinglePage
from dif_kit.tap import Stream

from tap_shopify._facts import REST, TABLES, VERDICTS
from tap_shopify.lists import Shop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_kit.decode import Decoder
    from dif_kit.paging import Paging

__all__ = ["REST_LISTS", "Locations"]


def _schema(name: str, *keys: str) -> dict[str, Any]:
    return TABLES[name].schema("shop_id", *keys, shop_id="string")


def _rows(name: str) -> Picked:
    return Picked(JsonRecords(name), TABLES[name].paths)


class RestStream(Stream):
    """What every list shares.

    https://shopify.dev/docs/api/usage/pagination-rest (read 2026-11)
    """

    service = "{config.shop}"
    parent_stream_type: type[Stream] = Shop
    context_columns: ClassVar[Mapping[str, str]] = {"shop_id": "shop_id"}
    records: ClassVar[str | Decoder]
    paging: ClassVar[Paging] = LinkHeader(("limit", 250))
    primary_keys: Sequence[str] = ("shop_id", "id")
    budgets = (REST,)
    verdicts = VERDICTS


class Locations(RestStream):
    """Where a shop keeps its stock."""

    name = "locations"
    path = "/locations.json"
    records = _rows(name)
    paging = SinglePage()
    schema = _schema(name, "id")
    context_keys = {"location_id": "id"}


class InventoryLevels(RestStream):
    """How much of what is at each location now."""

    name = "inventory_levels"
    path = "/locations/{location_id}/inventory_levels.json"
    parent_stream_type = Locations
    records = _rows(name)
    primary_keys = ("shop_id", "location_id", "inventory_item_id")
    schema = _schema(name, "location_id", "inventory_item_id")


class Collects(RestStream):
    """Which product was put into which collection by hand."""

    name = "collects"
    path = "/collects.json"
    records = _rows(name)
    schema = _schema(name, "id")


class Events(RestStream):
    """What was created, changed and deleted: the only word of things that are gone; without authors and texts."""

    name = "events"
    path = "/events.json"
    params = {"created_at_min": "{since}", "fields": "id,subject_id,subject_type,verb,created_at"}
    records = _rows(name)
    schema = _schema(name, "id")
    replication_key = "created_at"
    since = True
    first_since = "{config.start_date}"


REST_LISTS = (Locations, InventoryLevels, Collects, Events)
