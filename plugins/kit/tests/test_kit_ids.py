"""Ids: asked by from several siblings, and text however a provider writes them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from dif_kit.decode import parse_json, text_columns, write_numbers_as_text
from dif_kit.tap import IdBatches, Stream, Tap
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, run_tap
from singer_sdk import typing as th

ID = th.PropertiesList(th.Property("id", th.StringType)).to_dict()


class Shelves(Stream):
    """Shelves of the one shop."""

    name = "shelves"
    path = "/shelves"
    primary_keys = ("id",)
    schema = ID


class Boxes(Shelves):
    """Boxes of the one shop."""

    name = "boxes"
    path = "/boxes"


class Labels(Shelves):
    """Labels of the shop itself, of each shelf, and of boxes by two."""

    name = "labels"
    path = "/labels"
    ids = (
        None,
        IdBatches(stream=Shelves, key="id", size=1, hole="shelf"),
        IdBatches(stream=Boxes, key="id", size=2, joined_by=",", hole="boxes"),
    )
    params: ClassVar = {"shelf": "{shelf}", "boxes": "{boxes}"}


class TapShelves(Tap):
    """A tap whose labels hang on three kinds of things."""

    name = "tap-shelves"
    stream_types = (Shelves, Boxes, Labels)


def test_a_stream_may_ask_by_the_ids_of_several_siblings_and_without() -> None:
    asked: list[dict[str, str]] = []

    def labels(request: ApiRequest) -> ApiAnswer:
        asked.append(request.query)
        return ApiAnswer([{"id": f"label-{len(asked)}"}])

    with FakeApi() as api:
        api.on("GET", "/shelves", ApiAnswer([{"id": "s1"}, {"id": 2}]))
        api.on("GET", "/boxes", ApiAnswer([{"id": "b1"}, {"id": "b2"}, {"id": "b3"}]))
        api.on("GET", "/labels", labels)
        run = run_tap(TapShelves, {"api_url": api.url}, streams={"labels"})
    assert run.exit_code == 0, run.last_line
    assert asked == [{}, {"shelf": "s1"}, {"shelf": "2"}, {"boxes": "b1,b2"}, {"boxes": "b3"}]
    assert len(run.records("labels")) == 5


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("626744128982", "626744128982"),
        ("626744128982.0", "626744128982"),
        ("6.66743919837295e+17", "666743919837295000"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.50", "1.50"),
        ('"007"', "007"),
        ("null", None),
    ],
)
def test_an_id_is_text_however_it_is_written(written: str, text: str | None) -> None:
    row = parse_json(b'{"id": %s}' % written.encode())
    assert write_numbers_as_text(row, frozenset({"id"})) == {"id": text}


def test_only_columns_of_plain_text_are_touched() -> None:
    types: dict[str, Any] = {
        "id": {"type": ["string", "null"]},
        "count": {"type": "integer"},
        "either": {"type": ["string", "number"]},
        "anything": {},
        "at": {"type": "string", "format": "date-time"},
    }
    columns = text_columns({"properties": types})
    row = dict.fromkeys(types, Decimal(1)) | {"flag": True}
    assert write_numbers_as_text(dict(row), columns) == row | {"id": "1"}
    assert json.dumps(sorted(columns)) == '["id"]'
