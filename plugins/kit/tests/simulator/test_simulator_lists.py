"""Every row once, in every paging style: lists are cut by the provider, where other tests answer from a table."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.decode import CsvRecords, JsonRecords, XmlRecords
from dif_kit.http import Match, Verdicts
from dif_kit.paging import Cursor, LinkHeader, NextUrl, Offset, PageNumber, SinglePage
from dif_kit.tap import Stream

if TYPE_CHECKING:
    from conftest import Mosaic
    from dif_kit.testing import TapRun

TEXT = {"type": ["string", "null"]}
SIZE = 50  # the accounts have 120 ads each: two pages and a short one
QUERY = "query ($account_id: ID!, $first: Int!, $after: String) { ads { nodes { id } pageInfo { hasNextPage } } }"


def ads(kind: str, paging: Any, records: Any, **facts: Any) -> type[Stream]:
    """The list of ads in one style."""
    columns = {"type": "object", "properties": {"id": TEXT, "account_id": TEXT, "name": TEXT}}
    path = f"/v1/accounts/{{account_id}}/{kind}"
    own = {"name": kind, "path": path, "paging": paging, "records": records, "primary_keys": ("id",), "schema": columns}
    return type(f"Ads_{kind}", (Stream,), own | facts)


LISTS = (
    ads("pages", PageNumber("page", ("page_size", SIZE), total="data.page_info.total_page"), "data.list"),
    ads("offset", Offset("start", ("count", SIZE), total="paging.total"), "elements"),
    ads("cursor", Cursor("paging.cursors.after", "after", ("limit", SIZE)), "data"),
    ads("next", NextUrl("links.next", ("limit", SIZE)), "data"),
    ads("link", LinkHeader(("limit", SIZE)), "ads"),
    ads("xml", PageNumber("page", ("limit", SIZE)), XmlRecords("result/ad")),
    ads("chunks", SinglePage(), JsonRecords("[].results")),
    ads("whole", SinglePage(), CsvRecords()),
    ads(
        "index",
        PageNumber("PageInfo.Index", ("PageInfo.Size", SIZE), start=0, place="body"),
        "Ads",
        method="POST",
        body={"ReturnDeletedAds": False, "PageInfo": {"SortBy": "Id"}},
    ),
    ads("token", Cursor("nextToken", "nextToken", ("maxResults", SIZE), place="body"), "ads", method="POST"),
    ads(
        "graphql",
        Cursor(
            "data.ads.pageInfo.endCursor",
            "variables.after",
            ("variables.first", SIZE),
            more="data.ads.pageInfo.hasNextPage",
            place="body",
        ),
        "data.ads.nodes",
        path="/v1/graphql",
        method="POST",
        body={"query": QUERY, "variables": {"account_id": "{account_id}"}},
        verdicts=Verdicts(code="errors.*.extensions.code", error="errors", throttled={"THROTTLED"}),
    ),
)
BY_NAME = {stream.name: stream for stream in LISTS}
# Those whose lists have no page to go wrong.
PAGED = [name for name in BY_NAME if name not in {"chunks", "whole"}]
ENDS_SHORT = {"index", "xml"}
BY_POSITION = {"pages", "offset", "index", "xml"}


@pytest.fixture(scope="module")
def run(provider: Mosaic) -> TapRun:
    """One run of all lists."""
    return provider.run(*LISTS)


def seen(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return sorted((row["id"], row["account_id"], row["name"]) for row in rows)


def test_a_run_of_every_style_is_complete(run: TapRun) -> None:
    assert run.exit_code == 0, run.errors


@pytest.mark.parametrize("style", BY_NAME)
def test_every_paging_style_brings_each_row_of_the_provider_once(mosaic: Mosaic, run: TapRun, style: str) -> None:
    wanted = seen(mosaic.truth("ads"))
    assert len(wanted) > 2 * SIZE
    assert seen(run.records(style)) == wanted


@pytest.mark.parametrize("style", PAGED)
@pytest.mark.parametrize("kind", ["repeat_cursor", "cursor_cycle", "endless_cursor"])
def test_pages_without_an_end_are_an_error(mosaic: Mosaic, style: str, kind: str) -> None:
    mosaic.breaks(match=f"/{style}$", kind=kind, times=None)
    run = mosaic.run(type("Short", (BY_NAME[style],), {"max_pages": 40}))
    if style in ENDS_SHORT and kind != "repeat_cursor":
        # The first short page ends these lists, whatever would follow: nothing is missing.
        assert seen(run.records(style)) == seen(mosaic.truth("ads"))
        return
    assert run.exit_code not in {0, 75}, run.errors
    assert not run.receipt.complete
    assert style in run.errors
    assert "Traceback" not in run.errors


@pytest.mark.parametrize("style", [name for name in PAGED if name not in BY_POSITION])
@pytest.mark.parametrize("kind", ["empty_page", "short_page"])
def test_a_page_without_rows_is_not_the_end(mosaic: Mosaic, style: str, kind: str) -> None:
    mosaic.breaks(match=f"/{style}$", kind=kind, times=2)
    run = mosaic.run(BY_NAME[style])
    assert run.exit_code == 0, run.errors
    assert seen(run.records(style)) == seen(mosaic.truth("ads"))


def test_an_error_beside_a_part_of_the_data_is_an_error(mosaic: Mosaic) -> None:
    class Unknown(BY_NAME["graphql"]):  # type: ignore[misc]
        body = {"query": QUERY, "variables": {"account_id": "{account_id}", "first": 0}}
        paging = SinglePage()

    assert mosaic.run(Unknown).exit_code not in {0, 75}


def test_a_list_that_is_cut_without_a_word_is_an_error(mosaic: Mosaic) -> None:
    class Cut(BY_NAME["whole"]):  # type: ignore[misc]
        params = {"maximum_rows": 100}
        max_rows = 100

    run = mosaic.run(Cut)
    assert run.exit_code not in {0, 75}
    assert "cuts off without a word" in run.errors


def test_a_refusal_in_a_200_is_asked_again(mosaic: Mosaic) -> None:
    mosaic.breaks(match="/graphql$", kind="throttle", times=2)
    run = mosaic.run(BY_NAME["graphql"])
    assert run.exit_code == 0, run.errors
    assert seen(run.records("graphql")) == seen(mosaic.truth("ads"))
    assert len(mosaic.asked("POST", "/graphql")) >= len(run.records("graphql")) // SIZE + 2


def test_a_query_that_the_provider_refuses_is_not_asked_again(mosaic: Mosaic) -> None:
    class Refused(BY_NAME["index"]):  # type: ignore[misc]
        verdicts = Verdicts(permanent={Match(status=400)})
        body = {"PageInfo": {"Index": -1}}
        paging = SinglePage()

    run = mosaic.run(Refused)
    assert run.exit_code not in {0, 75}
    accounts = {row["account_id"] for row in mosaic.truth("ads")}
    assert len(mosaic.asked("POST", "/index")) <= len(accounts)
