"""Records that belong to others of the same body, and what a query selects."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from dif_kit.decode import Elements, Joined, JsonLines, UndecodableError
from dif_kit.http import Answer
from dif_kit.tap import selection
from hypothesis import given
from hypothesis import strategies as st

TAKEN = {"order_id": "id", "changed": "times.updatedAt"}
ORDERS = [{"id": f"o{number}", "times": {"updatedAt": f"2026-11-0{number}"}} for number in (1, 2)]
LINES = [{"id": f"l{number}", "__parentId": "o1" if number < 3 else "o2"} for number in (1, 2, 3)]


def body(*lines: dict[str, Any]) -> Answer:
    return Answer(url="", status=200, headers={}, content=b"".join(json.dumps(line).encode() + b"\n" for line in lines))


@given(st.randoms(use_true_random=False))
def test_children_find_their_parents_in_any_order(chance: random.Random) -> None:
    mixed = [*ORDERS, *LINES]
    chance.shuffle(mixed)
    rows = list(Joined(JsonLines(), TAKEN).records(body(*mixed)))
    assert [row["id"] for row in rows] == [line["id"] for line in mixed if "__parentId" in line]
    assert {(row["id"], row["order_id"], row["changed"]) for row in rows} == {
        ("l1", "o1", "2026-11-01"),
        ("l2", "o1", "2026-11-01"),
        ("l3", "o2", "2026-11-02"),
    }


def test_a_child_without_its_parent_is_an_error() -> None:
    with pytest.raises(UndecodableError, match="belongs to 'o2', which the body does not hold"):
        list(Joined(JsonLines(), TAKEN).records(body(ORDERS[0], *LINES)))


def test_parents_without_children_are_no_rows() -> None:
    assert list(Joined(JsonLines(), TAKEN).records(body(*ORDERS))) == []


def test_objects_in_an_array_are_rows_that_know_their_record() -> None:
    records = [ORDERS[0] | {"refunds": [{"id": "r1"}, {"id": "r2"}]}, ORDERS[1] | {"refunds": []}, {"id": "o3"}]
    rows = list(Elements(JsonLines(), "refunds", TAKEN).records(body(*records)))
    assert rows == [{"id": name, "order_id": "o1", "changed": "2026-11-01"} for name in ("r1", "r2")]


@pytest.mark.parametrize("wrong", [{"id": "r1"}, ["r1"], "r1"])
def test_something_else_than_objects_in_an_array_is_an_error(wrong: Any) -> None:
    with pytest.raises(UndecodableError, match="array of objects at 'refunds'"):
        list(Elements(JsonLines(), "refunds", TAKEN).records(body({"refunds": wrong})))


def test_a_selection_holds_the_fields_at_all_paths() -> None:
    assert selection(["id", "total.shop.amount", "total.shop.code", "name"]) == (
        "{ id total { shop { amount code } } name }"
    )


def test_what_is_below_a_union_is_selected_of_each_type() -> None:
    assert selection(["id", "code.title"], {"code": ("Basic", "App")}) == (
        "{ id code { ... on Basic { title } ... on App { title } } }"
    )
