"""Documents of JSON:API and figures in groups: flat rows, or an error, never fewer rows without a word."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from dif_kit.decode import Decoder, Grouped, JsonApi, UndecodableError
from dif_kit.http import Answer

SHELVES = JsonApi({"owner": "owner_id", "labels": "label_ids"})
BOXES = JsonApi({"label": "label_id"}, through="boxes", owner="shelf_id")
VALUES = Grouped("data.results", by="groupings", figures="statistics")
SERIES = replace(VALUES, moments="data.dates")


def decode(decoder: Decoder, document: Any) -> list[dict[str, Any]]:
    body = Answer("u", 200, {}, (document if isinstance(document, str) else json.dumps(document)).encode())
    decoder.check(body)
    return list(decoder.records(body))


def shelf(own: str, **linked: Any) -> dict[str, Any]:
    relationships = {name: {"data": data, "links": {}} for name, data in linked.items()}
    return {"type": "shelf", "id": own, "attributes": {"name": f"of {own}"}, "relationships": relationships}


def to(kind: str, own: str) -> dict[str, str]:
    return {"type": kind, "id": own}


def test_resources_become_rows_with_the_ids_that_they_lead_to() -> None:
    full = shelf("1", owner=to("user", "7"), labels=[to("label", "a"), to("label", "b")])
    bare = shelf("2", owner=None, labels=[])
    silent = {**shelf("3"), "relationships": {"owner": {"links": {}}}}
    assert decode(SHELVES, {"data": [full, bare, silent, to("shelf", "4")]}) == [
        {"id": "1", "name": "of 1", "owner_id": "7", "label_ids": ["a", "b"]},
        {"id": "2", "name": "of 2", "owner_id": None, "label_ids": []},
        {"id": "3", "name": "of 3"},
        {"id": "4"},
    ]


def test_one_resource_is_a_row_and_none_is_none() -> None:
    assert decode(JsonApi(), {"data": shelf("1")}) == [{"id": "1", "name": "of 1"}]
    assert decode(JsonApi(), {"data": None}) == []


def test_numbers_of_attributes_keep_their_digits() -> None:
    document = '{"data": [{"type": "t", "id": "1", "attributes": {"price": 0.10}}]}'
    assert str(decode(JsonApi(), document)[0]["price"]) == str(Decimal("0.10"))


def test_resources_that_came_along_are_rows_too_each_with_its_owner() -> None:
    box = {**to("box", "b1"), "attributes": {"size": 2}, "relationships": {"label": {"data": to("label", "a")}}}
    primary = [shelf("1", boxes=[to("box", "b1")]), shelf("2", boxes=[]), shelf("3", boxes=to("box", "b1"))]
    assert decode(BOXES, {"data": primary, "included": [to("label", "b1"), box]}) == [
        {"id": "b1", "size": 2, "label_id": "a", "shelf_id": "1"},
        {"id": "b1", "size": 2, "label_id": "a", "shelf_id": "3"},
    ]
    assert decode(BOXES, {"data": []}) == []


@pytest.mark.parametrize(
    ("decoder", "document", "told"),
    [
        (SHELVES, [], "a JSON:API document, found list"),
        (SHELVES, {"errors": [{"detail": "no"}]}, "'data' in the document, found errors"),
        (SHELVES, {"data": [], "errors": []}, "'data' in the document, found data, errors"),
        (SHELVES, {"data": 7}, "an array at 'data', found int"),
        (SHELVES, {"data": ["1"]}, "a resource, found str"),
        (SHELVES, {"data": [{"id": "1"}]}, "the type None and the id '1'"),
        (SHELVES, {"data": [{"type": "shelf", "id": 1}]}, "the type 'shelf' and the id 1"),
        (SHELVES, {"data": [{**to("shelf", "1"), "attributes": []}]}, "an object at 'attributes', found list"),
        (SHELVES, {"data": [{**to("shelf", "1"), "attributes": {"id": "2"}}]}, "an attribute 'id' of another value"),
        (SHELVES, {"data": [shelf("1", owner="7")]}, "an array at 'data', found str"),
        (
            SHELVES,
            {"data": [{**shelf("1", owner=None), "attributes": {"owner_id": "7"}}]},
            "'owner_id' is an attribute, and a relationship 'owner'",
        ),
        (BOXES, {"data": [shelf("1", boxes=[to("box", "b1")])]}, "boxes b1 is linked, but not included"),
        (BOXES, {"data": [shelf("1")]}, "resource 1 does not say what 'boxes' leads to"),
        (BOXES, {"data": [], "included": {}}, "an array at 'included', found dict"),
    ],
)
def test_a_document_that_would_lose_rows_is_an_error(decoder: JsonApi, document: Any, told: str) -> None:
    with pytest.raises(UndecodableError, match=told):
        decode(decoder, document)


def test_a_group_is_a_row() -> None:
    groups = [{"groupings": {"id": "1"}, "statistics": {"opens": 3.0, "rate": 0.5}}]
    assert decode(VALUES, {"data": {"results": groups}}) == [{"id": "1", "opens": 3, "rate": Decimal("0.5")}]


def test_a_series_is_a_row_for_each_day() -> None:
    groups = [{"groupings": {"id": "1"}, "statistics": {"opens": [3, 4], "clicks": [0, None]}}]
    dates = ["2026-11-01T00:00:00+00:00", "2026-11-02"]
    assert decode(SERIES, {"data": {"dates": dates, "results": groups}}) == [
        {"id": "1", "date": "2026-11-01", "opens": 3, "clicks": 0},
        {"id": "1", "date": "2026-11-02", "opens": 4, "clicks": None},
    ]


def test_a_group_may_say_what_it_is_about_in_a_list() -> None:
    named = replace(VALUES, names=("$message", "URL"))
    groups = [{"groupings": ["m1", "u"], "statistics": {"count": 3}}]
    assert decode(named, {"data": {"results": groups}}) == [{"$message": "m1", "URL": "u", "count": 3}]
    assert decode(VALUES, {"data": {"results": [{"groupings": [], "statistics": {"count": 3}}]}}) == [{"count": 3}]


@pytest.mark.parametrize(
    ("decoder", "data", "told"),
    [
        (VALUES, {}, "an array at 'data.results', found NoneType"),
        (VALUES, {"results": [{"groupings": {}}]}, "an object at 'statistics', found NoneType"),
        (VALUES, {"results": [7]}, "an object at 'groupings', found NoneType"),
        (VALUES, {"results": [{"groupings": ["m1"], "statistics": {}}]}, "an object at 'groupings', found list"),
        (
            replace(VALUES, names=("a", "b")),
            {"results": [{"groupings": ["m1"], "statistics": {}}]},
            "2 values at 'groupings'",
        ),
        (SERIES, {"results": []}, "an array at 'data.dates', found NoneType"),
        (SERIES, {"dates": ["soon"], "results": []}, "'soon' does not begin with a day"),
        (SERIES, {"dates": ["2026-11-01T00", "2026-11-01T01"], "results": []}, "two moments at 'data.dates'"),
        (
            SERIES,
            {"dates": ["2026-11-01"], "results": [{"groupings": {}, "statistics": {"opens": [1, 2]}}]},
            "'opens' is no list of 1 values",
        ),
        (
            SERIES,
            {"dates": ["2026-11-01"], "results": [{"groupings": {}, "statistics": {"opens": 1}}]},
            "'opens' is no list of 1 values",
        ),
    ],
)
def test_figures_that_would_be_lost_or_moved_are_an_error(decoder: Grouped, data: Any, told: str) -> None:
    with pytest.raises(UndecodableError, match=told):
        decode(decoder, {"data": data})
