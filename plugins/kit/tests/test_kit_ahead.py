"""Reading ahead: as many lists at once as allowed, and the same output as one after another."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget
from dif_kit.http import Retry
from dif_kit.paging import Cursor
from dif_kit.tap import IdBatches, Stream, Tap
from dif_kit.testing import ApiAnswer, FakeApi, TapRun, run_tap

if TYPE_CHECKING:
    from collections.abc import Iterator

Config = dict[str, Any]
REFUSED = ApiAnswer({"message": "not permitted"}, status=403)
REVOKED = ApiAnswer({"message": "who are you"}, status=401)
ID = {"type": "object", "properties": {"id": {"type": "string"}, "parent": {"type": "string"}}}


class ForestStream(Stream):
    records = "items"
    paging = Cursor(token="next", param="page")
    primary_keys = ("id",)
    schema = ID


class Trees(ForestStream):
    name = "trees"
    path = "/trees"
    context_keys = {"tree": "id"}


class Branches(ForestStream):
    name = "branches"
    path = "/trees/{tree}/branches"
    parent_stream_type = Trees
    context_keys = {"branch": "id"}
    context_columns = {"parent": "tree"}


class Leaves(ForestStream):
    name = "leaves"
    path = "/trees/{tree}/{branch}/leaves"
    parent_stream_type = Branches
    context_columns = {"parent": "branch"}


class Birds(ForestStream):
    name = "birds"
    path = "/trees/{tree}/birds"
    params = {"branches": "{ids}"}
    parent_stream_type = Trees
    ids = IdBatches(stream=Branches, key="id", size=2, joined_by=",")
    context_columns = {"parent": "tree"}


class TapForest(Tap):
    """Three levels, and a list that is asked for by the ids of another."""

    name = "tap-forest"
    retry = Retry(attempts=2, first_seconds=0.001, longest_seconds=0.002)
    stream_types = (Trees, Branches, Leaves, Birds)


class Forest:
    """Trees with branches with leaves, each list on several pages, each answer as late as a dice says."""

    def __init__(self, trees: int) -> None:
        self.trees = trees
        self.slow = 0.0
        self.refused: str | None = None
        self.answer = REFUSED
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def __call__(self, request: Any) -> ApiAnswer:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(random.uniform(0, self.slow))
        try:
            return self.answer if request.path == self.refused else ApiAnswer(self.page(request))
        finally:
            with self._lock:
                self.at_once -= 1

    def page(self, request: Any) -> Any:
        *above, kind = request.path.strip("/").split("/")
        place = above[-1] if above else ""
        names = {
            "trees": [f"t{number}" for number in range(self.trees)],
            "branches": [f"{place}b{number}" for number in range(3)],
            "leaves": [f"{place}l{number}" for number in range(5)],
            "birds": [f"bird of {branch}" for branch in request.query.get("branches", "").split(",")],
        }[kind]
        page = int(request.query.get("page", 0))
        following = page + 1 if (page + 1) * 2 < len(names) else None
        return {"items": [{"id": name} for name in names[page * 2 : page * 2 + 2]], "next": following}


@pytest.fixture
def forest() -> Forest:
    return Forest(trees=7)


@pytest.fixture
def woods(forest: Forest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    monkeypatch.setenv("DIF_RUN_ID", "run-1")
    with FakeApi() as api:
        api.on("GET", "/trees", forest)
        for tree in range(forest.trees):
            api.on("GET", f"/trees/t{tree}/branches", forest)
            api.on("GET", f"/trees/t{tree}/birds", forest)
            for branch in range(3):
                api.on("GET", f"/trees/t{tree}/t{tree}b{branch}/leaves", forest)
        yield api


def walk(api: FakeApi, concurrency: int, **more: Any) -> TapRun:
    return run_tap(TapForest, {"api_url": api.url, "concurrency": concurrency}, **more)


def said(run: TapRun) -> list[Any]:
    """The exit code, the last line, and every message but for the times in it."""
    return [run.exit_code, run.last_line if run.exit_code else "", *map(json.dumps, run.timeless)]


@pytest.mark.parametrize("concurrency", [2, 3, 8, 32])
def test_the_output_is_the_same_with_any_concurrency(woods: FakeApi, forest: Forest, concurrency: int) -> None:
    alone = walk(woods, 1)
    forest.slow = 0.01
    assert said(walk(woods, concurrency)) == said(alone)
    assert len(alone.records("leaves")) == 7 * 3 * 5
    assert len(alone.records("birds")) == 7 * 3


def test_as_many_lists_are_under_way_as_the_setting_allows(woods: FakeApi, forest: Forest) -> None:
    forest.slow = 0.02
    walk(woods, 1)
    assert forest.most_at_once == 1
    walk(woods, 6)
    assert 2 < forest.most_at_once <= 6


def test_each_list_is_asked_for_once(woods: FakeApi) -> None:
    walk(woods, 1)
    alone = sorted((request.path, str(request.query)) for request in woods.requests)
    woods.requests.clear()
    walk(woods, 8)
    assert sorted((request.path, str(request.query)) for request in woods.requests) == alone


@pytest.mark.parametrize("refused", ["/trees/t3/branches", "/trees/t2/t2b1/leaves", "/trees/t6/birds", "/trees"])
def test_a_partition_that_fails_is_told_the_same_way(woods: FakeApi, forest: Forest, refused: str) -> None:
    forest.refused, forest.slow = refused, 0.005
    alone, together = walk(woods, 1), walk(woods, 8)
    assert alone.exit_code == (1 if refused == "/trees" else 3)
    assert said(together) == said(alone)


@pytest.mark.parametrize("refused", ["/trees/t3/branches", "/trees/t5/t5b2/leaves", "/trees/t0/birds"])
def test_a_failure_that_ends_the_run_ends_it_at_the_same_row(woods: FakeApi, forest: Forest, refused: str) -> None:
    forest.refused, forest.answer, forest.slow = refused, REVOKED, 0.005
    alone, together = walk(woods, 1), walk(woods, 8)
    assert alone.exit_code == 1
    assert said(together) == said(alone)


def test_lists_below_are_read_ahead_though_the_list_between_is_not_selected(woods: FakeApi, forest: Forest) -> None:
    forest.slow = 0.005
    alone, together = (walk(woods, concurrency, streams={"leaves"}) for concurrency in (1, 8))
    assert said(together) == said(alone)
    assert len(together.records("leaves")) == 7 * 3 * 5


def test_rows_that_a_stream_map_leaves_out_take_their_lists_with_them(woods: FakeApi) -> None:
    config = {"api_url": woods.url, "stream_maps": {"trees": {"__filter__": "id != 't3'"}}}
    alone, together = (run_tap(TapForest, {**config, "concurrency": concurrency}) for concurrency in (1, 8))
    assert said(together) == said(alone)
    assert not [request for request in woods.requests if request.path.startswith("/trees/t3")]


def test_the_shop_says_the_same_run_after_run(tap: type[Tap], config: Config, api: FakeApi) -> None:
    first = {concurrency: run_tap(tap, config | {"concurrency": concurrency}) for concurrency in (1, 8)}
    assert said(first[8]) == said(first[1])
    later = config | {"end_date": "2026-11-02"}
    second = {
        concurrency: run_tap(tap, later | {"concurrency": concurrency}, state=run.state)
        for concurrency, run in first.items()
    }
    assert said(second[8]) == said(second[1])


def test_the_shop_goes_on_the_same_way_after_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    def until_the_tenth(request: Any) -> Any:
        return REFUSED if request.query["from"] > "2026-10-10" else [{"CAMPAIGN_ID": "11", "DATE": "2026-10-02"}]

    api.on("GET", "/accounts/1/analytics", until_the_tenth)
    first = {concurrency: run_tap(tap, config | {"concurrency": concurrency}) for concurrency in (1, 8)}
    assert first[1].exit_code == 3
    assert said(first[8]) == said(first[1])
    api.on("GET", "/accounts/1/analytics", lambda _request: [{"CAMPAIGN_ID": "11", "DATE": "2026-10-12"}])
    second = [
        run_tap(tap, config | {"concurrency": concurrency}, state=run.state) for concurrency, run in first.items()
    ]
    assert second[0].exit_code == 0
    assert said(second[1]) == said(second[0])


def test_a_partition_that_is_listed_twice_is_read_twice_the_same_way(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    """The second time it starts from the bookmark that the first has set: what was looked ahead to is not right."""
    twice = {"items": [{"id": "1", "zone": "UTC"}, {"id": "1", "zone": "UTC"}]}
    api.on("GET", "/accounts", twice)
    alone, together = (run_tap(tap, config | {"concurrency": concurrency}) for concurrency in (1, 8))
    assert said(together) == said(alone)


class Endless(Stream):
    name = "endless"
    path = "/endless"
    records = "items"
    paging = Cursor(token="next", param="page")
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}


class TapEndless(Tap):
    """One list of very many large pages."""

    name = "tap-endless"
    stream_types = (Endless,)


def test_no_more_pages_wait_than_memory_allows() -> None:
    def page(request: Any) -> Any:
        number = int(request.query.get("page", 0))
        return {"items": [{"id": str(number), "text": "x" * 400_000}], "next": number + 1}

    with FakeApi() as api:
        api.on("GET", "/endless", page)
        tap = TapEndless(config={"api_url": api.url, "concurrency": 8})
        tap.begin_to_read_ahead()
        rows = tap.streams["endless"].get_records(None)
        next(rows)
        while len(api.requests) < 2:
            time.sleep(0.01)
        asked = 0
        while asked != len(api.requests):
            asked = len(api.requests)
            time.sleep(0.3)
        rows.close()
        tap.ahead.close()
    assert asked < 8


def test_a_list_that_is_sent_as_fast_as_it_comes_stays_with_the_one_who_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(request: Any) -> Any:
        number = int(request.query.get("page", 0))
        return {"items": [{"id": str(number)}], "next": number + 1}

    monkeypatch.setattr("dif_kit.tap._ahead._WORTH_A_HAND_OVER_SECONDS", 3600)  # however slow this machine is
    with FakeApi() as api:
        api.on("GET", "/endless", page)
        tap = TapEndless(config={"api_url": api.url, "concurrency": 8})
        rows = tap.streams["endless"].get_records(None)
        for _ in range(2):
            next(rows)
        tap.begin_to_read_ahead()
        for _ in range(20):
            next(rows)
        time.sleep(0.3)
        assert len(api.requests) == 22
        rows.close()
        tap.ahead.close()


def test_a_budget_holds_all_workers_together(woods: FakeApi, forest: Forest) -> None:
    limited = {"budgets": (Budget("forest", ("concurrent 2",)),)}
    types: dict[Any, Any] = {}
    for kind in TapForest.stream_types:
        facts: dict[str, Any] = dict(limited)
        if kind.parent_stream_type is not None:
            facts["parent_stream_type"] = types[kind.parent_stream_type]
        if isinstance(kind.ids, IdBatches):
            facts["ids"] = IdBatches(stream=types[kind.ids.stream], key="id", size=2, joined_by=",")
        types[kind] = type(kind.__name__, (kind,), facts)
    tap = type("TapLimited", (TapForest,), {"stream_types": tuple(types.values())})
    forest.slow = 0.005
    run = run_tap(tap, {"api_url": woods.url, "concurrency": 8})
    assert run.exit_code == 0
    assert forest.most_at_once == 2
