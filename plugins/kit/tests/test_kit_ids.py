"""Ids: asked by from several siblings or a setting, and text however a provider writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pytest
import simplejson
from dif_kit.decode import NumberForms, parse_json
from dif_kit.errors import ConfigError
from dif_kit.tap import Choices, IdBatches, Property, Stream, Tap
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
        run = run_tap(TapShelves, {"api_url": api.url, "concurrency": 1}, streams={"labels"})
    assert run.exit_code == 0, run.last_line
    assert asked == [{}, {"shelf": "s1"}, {"shelf": "2"}, {"boxes": "b1,b2"}, {"boxes": "b3"}]
    assert len(run.records("labels")) == 5


class Breakdowns(Shelves):
    """Figures of the shop, broken down by two words at a time."""

    name = "breakdowns"
    path = "/breakdowns"
    ids = Choices(setting="colours", size=2, hole="colours", joined_by=",")
    params: ClassVar = {"by": "{colours}"}


class TapBreakdowns(Tap):
    """A tap whose setting says what to ask for."""

    name = "tap-breakdowns"
    settings = (Property("colours", th.ArrayType(th.StringType), default=["red", "blue", "green"]),)
    stream_types = (Breakdowns,)


@pytest.mark.parametrize(
    ("settings", "asked"),
    [({}, ["red,blue", "green"]), ({"colours": ["pink", "pink"]}, ["pink"])],
)
def test_a_stream_may_ask_by_the_words_of_a_setting(settings: dict[str, Any], asked: list[str]) -> None:
    with FakeApi() as api:
        api.on("GET", "/breakdowns", lambda request: ApiAnswer([{"id": request.query["by"]}]))
        run = run_tap(TapBreakdowns, {"api_url": api.url, **settings})
    assert run.exit_code == 0, run.last_line
    assert [row["id"] for row in run.records("breakdowns")] == asked


class BothWays(Breakdowns):
    """The same by one colour, once in each of two forms; rows do not say by which."""

    ids = Choices(setting="colours", size=1, hole="colours", joined_by="", forms=("of({})", "not({})"))
    request_columns: ClassVar = {"asked": "{colours}", "of": "{config.colours}"}


class TapBothWays(TapBreakdowns):
    """A tap whose endpoint answers for all only if it is asked twice."""

    name = "tap-both-ways"
    stream_types = (BothWays,)


def test_a_word_may_have_several_forms_and_rows_say_what_was_asked_for() -> None:
    with FakeApi() as api:
        api.on("GET", "/breakdowns", lambda request: ApiAnswer([{"id": request.query["by"]}]))
        run = run_tap(TapBothWays, {"api_url": api.url, "colours": ["red", "blue"]})
    assert run.exit_code == 0, run.last_line
    forms = ["of(red)", "not(red)", "of(blue)", "not(blue)"]
    assert run.records("breakdowns") == [{"id": form, "asked": form, "of": ["red", "blue"]} for form in forms]


def test_a_setting_that_lists_no_word_is_refused_instead_of_reading_nothing() -> None:
    with FakeApi() as api:
        run = run_tap(TapBreakdowns, {"api_url": api.url, "colours": []})
    assert run.exit_code == 2
    assert "colours is empty" in run.last_line


def test_words_of_a_setting_that_the_tap_has_not_are_refused() -> None:
    with pytest.raises(ConfigError, match="colours"):
        type("TapWithout", (Tap,), {"name": "tap-without", "stream_types": (Breakdowns,)})


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
    assert NumberForms.of(ID).settle(row) == {"id": text}


@pytest.mark.parametrize(
    ("written", "settled"),
    [("7.0", "7"), ("1.623245885e9", "1623245885"), ("7.5", "7.5"), ('"7"', '"7"'), ("true", "true"), ("null", "null")],
)
def test_a_whole_number_is_an_integer_however_it_is_written(written: str, settled: str) -> None:
    forms = NumberForms.of({"properties": {"at": {"type": ["integer", "null"]}}})
    assert simplejson.dumps(forms.settle(parse_json(b'{"at": %s}' % written.encode()))) == f'{{"at": {settled}}}'


def test_only_columns_of_one_plain_type_are_touched() -> None:
    types: dict[str, Any] = {
        "id": {"type": ["string", "null"]},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "either": {"type": ["string", "number"]},
        "anything": {},
        "at": {"type": "string", "format": "date-time"},
    }
    row = dict.fromkeys(types, Decimal("1.0")) | {"flag": True}
    settled = NumberForms.of({"properties": types}).settle(dict(row))
    assert settled == row | {"id": "1"}
    assert [name for name in types if not isinstance(settled[name], Decimal)] == ["id", "count"]


def test_a_number_of_a_million_digits_is_not_written_out() -> None:
    row = parse_json(b'{"id": 1e999999}')
    assert NumberForms.of(ID).settle(row) == {"id": "1E+999999"}
