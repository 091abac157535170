"""A tap of many parents with one child row each, made on the spot: what is measured is what a partition costs.

usage: python _state_taps.py dif|stock PARENTS
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

PARENT = {"type": "object", "properties": {"id": {"type": "integer"}}}
CHILD = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "parent_id": {"type": "integer"},
        "updated_at": {"type": "string", "format": "date-time"},
    },
}


def child(parent: int) -> dict[str, Any]:
    return {"id": parent, "parent_id": parent, "updated_at": f"2026-01-02T00:00:{parent % 60:02d}Z"}


def dif(parents: int) -> type:
    from dif_kit.tap import Stream, Tap
    from dif_kit.tap._steps import Chunk

    class Parents(Stream):
        name = "parents"
        path = "/parents"
        primary_keys = ("id",)
        context_keys = {"parent_id": "id"}
        schema = PARENT

        def fetch(self, values: Mapping[str, Any]) -> Iterator[Chunk]:
            for start in range(0, parents, 250):
                yield Chunk([{"id": number} for number in range(start, min(start + 250, parents))])

    class Children(Stream):
        name = "children"
        path = "/parents/{parent_id}/children"
        parent_stream_type = Parents
        primary_keys = ("id",)
        replication_key = "updated_at"
        schema = CHILD

        def fetch(self, values: Mapping[str, Any]) -> Iterator[Chunk]:
            yield Chunk([child(values["parent_id"])])

    return type("TapMany", (Tap,), {"name": "tap-many", "stream_types": (Parents, Children)})


def stock(parents: int) -> type:
    from singer_sdk import Stream, Tap

    class Parents(Stream):
        name = "parents"
        primary_keys = ("id",)
        schema = PARENT

        def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
            yield from ({"id": number} for number in range(parents))

        def get_child_context(self, record: dict[str, Any], context: Any) -> dict[str, Any]:
            return {"parent_id": record["id"]}

    class Children(Stream):
        name = "children"
        parent_stream_type = Parents
        primary_keys = ("id",)
        replication_key = "updated_at"
        schema = CHILD

        def get_records(self, context: Any) -> Iterator[dict[str, Any]]:
            yield child(context["parent_id"])

    def discover_streams(self: Tap) -> list[Stream]:
        return [Parents(self), Children(self)]

    return type(
        "TapMany",
        (Tap,),
        {"name": "tap-many", "config_jsonschema": {"properties": {}}, "discover_streams": discover_streams},
    )


if __name__ == "__main__":
    kind, parents = sys.argv[1], int(sys.argv[2])
    {"dif": dif, "stock": stock}[kind](parents).cli(sys.argv[3:])
