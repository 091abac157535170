"""Write tap_pinterest/schemas/*.json anew from Pinterest's official OpenAPI document.

Usage: python scripts/update_schemas.py path/to/openapi.json

The document is not kept in the project (2 MB); its published home is
https://github.com/pinterest/api-description (v5/openapi.json). The answer is deterministic:
read the diff, then commit it.
"""

from __future__ import annotations

import argparse
import html
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from columns import ANALYTICS, UNASKED, Analytics, column_schema

Json = dict[str, Any]

SCHEMAS = Path(__file__).parents[1] / "tap_pinterest" / "schemas"
REPORT_COLUMNS = SCHEMAS.with_name("report_columns.json")
LONGEST_DESCRIPTION = 120
MOST_VALUES_LISTED = 20


@dataclass(frozen=True, slots=True)
class Entity:
    """A stream of objects: the component that describes them, their key, and what their parents add."""

    component: str
    keys: tuple[str, ...] = ("id",)
    parents: dict[str, str] = field(default_factory=dict)


ACCOUNT = {"ad_account_id": "The ad account that was asked."}

ENTITIES = {
    "ad_accounts": Entity("AdAccount"),
    "ad_groups": Entity("AdGroupResponse", parents=ACCOUNT),
    "ads": Entity("AdResponse", parents=ACCOUNT),
    "audiences": Entity("Audience", parents=ACCOUNT),
    "board_pins": Entity("Pin", parents={"board_id": "The board that was asked."}),
    "board_section_pins": Entity(
        "Pin", parents={"board_id": "The board that was asked.", "section_id": "The section that was asked."}
    ),
    "board_sections": Entity("BoardSection", parents={"board_id": "The board that was asked."}),
    "boards": Entity("Board"),
    "campaigns": Entity("CampaignResponse", parents=ACCOUNT),
    "conversion_tags": Entity("ConversionTag", parents=ACCOUNT),
    "customer_lists": Entity("CustomerList", parents=ACCOUNT),
    "keywords": Entity("Keyword", parents=ACCOUNT),
    "user_account": Entity("Account"),
    "user_account_analytics": Entity(
        "AnalyticsDailyMetrics", keys=("date",), parents={"user_account_id": "The user whose pins are counted."}
    ),
}

# What the document leaves out or types otherwise than live accounts answer: (stream, field) -> (schema, reason).
# "live" means rows that other connectors recorded from live accounts.
OVERRIDES: dict[tuple[str, str], tuple[Json, str]] = {
    ("ad_accounts", "time_zone"): ({"type": ["string", "null"]}, "the changelog of 5.28.0 adds it"),
    ("ad_groups", "dca_assets"): ({"type": ["array", "object", "null"]}, "the document gives no type"),
    ("ad_groups", "placement_traffic_type"): ({"type": ["string", "null"]}, "live; not in the document"),
    ("board_pins", "product_tags"): ({"type": ["array", "null"]}, "live; not in the document"),
    ("board_section_pins", "product_tags"): ({"type": ["array", "null"]}, "live; not in the document"),
    ("board_pins", "note"): ({"type": ["string", "null"]}, "live; the document has it in PinCreate only"),
    ("board_section_pins", "note"): ({"type": ["string", "null"]}, "live; the document has it in PinCreate only"),
    ("conversion_tags", "last_fired_time_ms"): ({"type": ["integer", "null"]}, "epoch milliseconds, not a quantity"),
    ("customer_lists", "created_time"): ({"type": ["integer", "null"]}, "epoch seconds, not a quantity"),
    ("customer_lists", "updated_time"): ({"type": ["integer", "null"]}, "epoch seconds, not a quantity"),
    ("user_account_analytics", "data_status"): (
        {"description": "READY, or why not; PROCESSING and ESTIMATE are read again by later runs."},
        "more values than can be listed",
    ),
    ("user_account_analytics", "date"): ({"type": "string", "format": "date"}, "the document tells it in words"),
}


class Document:
    """The OpenAPI document, with its references followed."""

    def __init__(self, path: Path) -> None:
        self.raw: Json = json.loads(path.read_text(encoding="utf-8"))

    @property
    def version(self) -> str:
        """The version that the document gives itself."""
        return str(self.raw["info"]["version"])

    def resolve(self, node: Json) -> Json:
        """The node itself, or what its reference stands for."""
        while "$ref" in node:
            found: Any = self.raw
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def merged(self, node: Json) -> Json:
        """A node with everything that its `allOf` brings; what the node says itself wins."""
        node = self.resolve(node)
        whole: Json = {"properties": {}}
        for part in node.get("allOf", ()):
            found = self.merged(part)
            whole = {**whole, **found, "properties": {**whole["properties"], **found["properties"]}}
        own = {name: value for name, value in node.items() if name != "allOf"}
        return {**whole, **own, "properties": {**whole["properties"], **own.get("properties", {})}}

    def entity(self, component: str) -> Json:
        """The fields of one component, each merged."""
        fields: Json = self.merged(self.raw["components"]["schemas"][component])["properties"]
        return {name: self.merged(node) for name, node in fields.items()}

    def columns(self, source: str) -> set[str]:
        """The analytics columns that may be asked, by `sync` or `async` request."""
        components = self.raw["components"]
        if source == "async":
            return set(components["schemas"]["ReportingColumnAsync"]["enum"])
        return set(components["parameters"]["query_columns"]["schema"]["items"]["enum"])


def pruned(node: Json, *, key: bool) -> Json:
    """What a loader needs of a field: type, format, a short description; nested values stay open."""
    kind = node.get("type", "object" if node["properties"] else "string")
    answer: Json = {"type": kind if key else [kind, "null"]}
    if node.get("format") in {"date", "date-time"}:
        answer["format"] = node["format"]
    if text := described(node):
        answer["description"] = text
    return answer


def described(node: Json) -> str:
    """The first sentences of a description in plain text, with the values of an enumeration that is short."""
    text = re.sub(r"<[^>]+>", " ", html.unescape(node.get("description", "")))
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text).replace("`", "").replace("**", "")
    sentences = re.split(r"(?<=[.!?])\s", re.sub(r" (?=[.,])", "", " ".join(text.split())))
    text = sentences.pop(0)
    while sentences and len(text) + len(sentences[0]) < LONGEST_DESCRIPTION:
        text += " " + sentences.pop(0)
    values = [str(value) for value in node.get("enum", ()) if value is not None]
    if not 0 < len(values) <= MOST_VALUES_LISTED:
        return text
    if text and not text.endswith("."):
        text += "."
    return f"{text} Known values: {', '.join(values)}.".strip()


def entity_schema(document: Document, stream: str, entity: Entity) -> Json:
    """The schema of a stream of objects: keys and parents first, then the fields by name."""
    fields = document.entity(entity.component)
    properties = {name: pruned(fields[name], key=True) for name in entity.keys}
    for name, text in entity.parents.items():
        properties[name] = {"type": "string", "description": text}
    own = {name: pruned(node, key=False) for name, node in fields.items() if name not in properties}
    for (owner, name), (schema, _) in OVERRIDES.items():
        if owner == stream:
            own[name] = own.get(name, properties.get(name, {})) | schema
    return object_schema(properties | dict(sorted(own.items())), required=[*entity.keys, *entity.parents])


def analytics_schema(document: Document, stream: str, analytics: Analytics) -> Json:
    """The schema of a stream of daily figures: its columns are what the tap asks for."""
    unknown = set(analytics.columns) - document.columns(analytics.source)
    if unknown:
        message = f"{stream}: the document ({document.version}) has no {analytics.source} columns {sorted(unknown)}"
        raise SystemExit(message)
    properties: Json = {name: column_schema(name, key=True) for name in analytics.keys}
    properties |= {name: column_schema(name, key=False) for name in analytics.columns if name not in properties}
    return object_schema(properties, required=list(analytics.keys))


def report_columns(document: Document) -> Json:
    """Every column that a report of the client's own may hold."""
    names = [*UNASKED, "DATE_RANGE", *sorted(document.columns("async"))]
    return object_schema({name: column_schema(name, key=False) for name in names}, required=[])


def object_schema(properties: Json, *, required: list[str]) -> Json:
    """The schema of one row."""
    return {"type": "object", "required": required, "properties": properties}


def written(schema: Json) -> str:
    """A schema as text, one field a line."""
    fields = (f"    {json.dumps(name)}: {json.dumps(of)}" for name, of in schema["properties"].items())
    head = f'{{\n  "type": "object",\n  "required": {json.dumps(schema["required"])},\n  "properties": {{\n'
    return head + ",\n".join(fields) + "\n  }\n}\n"


def main() -> None:
    """Read the document, write one file a stream."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("openapi", type=Path)
    document = Document(parser.parse_args().openapi)
    schemas = {stream: entity_schema(document, stream, entity) for stream, entity in ENTITIES.items()}
    schemas |= {stream: analytics_schema(document, stream, analytics) for stream, analytics in ANALYTICS.items()}
    SCHEMAS.mkdir(exist_ok=True)
    REPORT_COLUMNS.write_text(written(report_columns(document)), encoding="utf-8")
    for stale in set(SCHEMAS.glob("*.json")) - {SCHEMAS / f"{stream}.json" for stream in schemas}:
        stale.unlink()
    for stream, schema in schemas.items():
        (SCHEMAS / f"{stream}.json").write_text(written(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
