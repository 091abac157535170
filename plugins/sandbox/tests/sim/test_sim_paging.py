"""Every paging style: whole and once, refusing what was not given, and wrong on command."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import MosaicApi

Pages = "Iterator[list[dict[str, Any]]]"


def by_number(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    page, last = 1, 1
    while page <= last:
        data = api.get("pages", page=page, page_size=size).json()["data"]
        yield data["list"]
        page, last = page + 1, data["page_info"]["total_page"]


def by_body_index(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    index, read, total = 0, 0, 1
    while read < total:
        found = api.post("index", {"PageInfo": {"Index": index, "Size": size}}).json()
        yield found["Ads"]
        index, read, total = index + 1, read + size, found["TotalFilteredCount"]


def by_offset(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    start, total = 0, 1
    while start < total:
        found = api.get("offset", start=start, count=size).json()
        yield found["elements"]
        start, total = start + size, found["paging"]["total"]


def by_cursor(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    query: dict[str, Any] = {"limit": size}
    while query.get("after", "first"):
        found = api.get("cursor", **query).json()
        yield found["data"]
        query["after"] = found["paging"].get("cursors", {}).get("after")


def by_token_in_body(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    body: dict[str, Any] = {"maxResults": size}
    while body.get("nextToken", "first"):
        found = api.post("token", body).json()
        yield found["ads"]
        body["nextToken"] = found.get("nextToken")


def by_next_url(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    found = api.get("next", limit=size).json()
    yield found["data"]
    while url := found["links"]["next"]:
        found = api.session.get(url).json()
        yield found["data"]


def by_link_header(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    answer = api.get("link", limit=size)
    yield answer.json()["ads"]
    while "next" in answer.links:
        answer = api.session.get(answer.links["next"]["url"])
        yield answer.json()["ads"]


def by_connection(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    info: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
    while info["hasNextPage"]:
        ads = api.graphql(first=size, after=info["endCursor"]).json()["data"]["ads"]
        yield ads["nodes"]
        info = ads["pageInfo"]


def by_xml_pages(api: MosaicApi, size: int) -> Iterator[list[Any]]:
    page, last = 1, 1
    while page <= last:
        found = ET.fromstring(api.get("xml", page=page, limit=size).content)
        yield [{part.tag: part.text for part in ad} for ad in found.findall("ad")]
        page, last = page + 1, int(found.findtext("TotalPages") or 0)


NUMBERED = [by_number, by_body_index, by_offset, by_xml_pages]
CURSORS = [by_cursor, by_token_in_body, by_next_url, by_link_header, by_connection]
Walk = "Callable[[MosaicApi, int], Iterator[list[Any]]]"


def ids(pages: Any) -> list[str]:
    return [ad["id"] for page in pages for ad in page]


@pytest.mark.parametrize("walk", [*NUMBERED, *CURSORS])
@pytest.mark.parametrize("size", [50, 120, 119])
def test_the_pages_of_every_style_hold_the_truth_once(mosaic: MosaicApi, walk: Walk, size: int) -> None:
    pages = list(walk(mosaic, size))
    assert [ad for page in pages for ad in page] == mosaic.own("ads")
    assert len(pages) == -(-120 // size)


def test_an_array_of_chunks_holds_the_truth_once(mosaic: MosaicApi) -> None:
    chunks = mosaic.get("chunks").json()
    assert [len(chunk["results"]) for chunk in chunks] == [100, 20]
    assert [ad for chunk in chunks for ad in chunk["results"]] == mosaic.own("ads")


def test_a_list_without_pages_is_cut_and_does_not_say_so(mosaic: MosaicApi) -> None:
    assert len(mosaic.get("whole").text.splitlines()) == 121
    cut = mosaic.get("whole", maximum_rows=100)
    assert (cut.status_code, len(cut.text.splitlines())) == (200, 101)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("pages", {"page": 0}),
        ("pages", {"page": "two"}),
        ("pages", {"page_size": 1001}),
        ("offset", {"start": -1}),
        ("offset", {"count": 0}),
        ("cursor", {"limit": 251}),
        ("cursor", {"limit": "true"}),
        ("next", {"limit": ""}),
        ("link", {"limit": 0}),
        ("xml", {"page": "1.5"}),
    ],
)
def test_a_page_that_cannot_be_is_refused(mosaic: MosaicApi, path: str, query: dict[str, Any]) -> None:
    answer = mosaic.get(path, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    assert str(next(iter(query))) in answer.json()["message"]


def test_a_page_in_a_body_that_cannot_be_is_refused(mosaic: MosaicApi) -> None:
    assert mosaic.post("index", {"PageInfo": {"Index": -1}}).status_code == 400
    assert mosaic.post("token", {"maxResults": True}).status_code == 400
    assert mosaic.graphql().status_code == 400
    assert mosaic.session.post(f"{mosaic.url}/v1/graphql", data="{").status_code == 400
    assert mosaic.session.post(f"{mosaic.url}/v1/graphql", json=[1]).status_code == 400


def test_a_page_behind_the_end_is_empty(mosaic: MosaicApi) -> None:
    assert mosaic.get("pages", page=999).json()["data"]["list"] == []
    assert mosaic.get("offset", start=120).json()["elements"] == []


def cursor_of(api: MosaicApi, path: str) -> tuple[str, str]:
    """A good cursor of a path, and the name it goes by."""
    if path == "token":
        return "nextToken", api.post("token", {"maxResults": 10}).json()["nextToken"]
    if path == "graphql":
        return "after", api.graphql(first=10).json()["data"]["ads"]["pageInfo"]["endCursor"]
    if path == "link":
        return "page_info", api.get("link", limit=10).links["next"]["url"].rpartition("page_info=")[2]
    if path == "next":
        return "after", api.get("next", limit=10).json()["links"]["next"].rpartition("after=")[2]
    return "after", api.get("cursor", limit=10).json()["paging"]["cursors"]["after"]


def ask(api: MosaicApi, path: str, name: str, cursor: str, **more: Any) -> int:
    if path == "token":
        return api.post("token", {"maxResults": 10, name: cursor, **more}).status_code
    if path == "graphql":
        return api.graphql(first=10, **{name: cursor}, **more).status_code
    return api.get(path, limit=10, **{name: cursor}, **more).status_code


@pytest.mark.parametrize("path", ["cursor", "token", "next", "link", "graphql"])
def test_a_cursor_that_was_made_up_or_is_for_another_query_is_refused(
    mosaic: MosaicApi, path: str, start_mosaic: Any
) -> None:
    name, cursor = cursor_of(mosaic, path)
    assert ask(mosaic, path, name, cursor) == 200
    for wrong in (cursor[1:], cursor[:-2] + "AA", "made-up", cursor.swapcase()):
        assert ask(mosaic, path, name, wrong) == 400, wrong
    assert ask(mosaic, path, name, cursor, status="ACTIVE") == 400
    mosaic.account = mosaic.accounts[1]
    assert ask(mosaic, path, name, cursor) == 400
    foreign = start_mosaic("acme", seed=2)
    assert ask(foreign, path, name, cursor) == 400


def test_the_cursor_of_a_link_holds_its_filters(mosaic: MosaicApi) -> None:
    link = mosaic.get("link", limit=10, status="ACTIVE").links["next"]["url"]
    assert "status" not in link
    further = mosaic.session.get(link).links["next"]["url"]
    assert mosaic.session.get(further).status_code == 200
    refused = mosaic.session.get(f"{further}&status=ACTIVE")
    assert (refused.status_code, "status" in refused.json()["message"]) == (400, True)


def test_the_cursor_of_every_edge_leads_on_from_it(mosaic: MosaicApi) -> None:
    edges = mosaic.graphql(first=10).json()["data"]["ads"]["edges"]
    after = mosaic.graphql(first=10, after=edges[3]["cursor"]).json()["data"]["ads"]["nodes"]
    assert after[0]["id"] == edges[4]["node"]["id"]


@pytest.mark.parametrize("walk", CURSORS)
def test_a_list_by_cursor_loses_nothing_over_short_and_empty_pages(mosaic: MosaicApi, walk: Walk) -> None:
    truth = [ad["id"] for ad in mosaic.own("ads")]
    mosaic.faults({"kind": "short_page", "times": 2}, {"kind": "empty_page", "times": 2})
    pages = list(walk(mosaic, 40))
    assert [len(page) for page in pages] == [20, 20, 0, 0, 40, 40]
    assert ids(pages) == truth


@pytest.mark.parametrize("walk", [*NUMBERED, *CURSORS])
def test_rows_can_come_twice_over_pages(mosaic: MosaicApi, walk: Walk) -> None:
    mosaic.faults({"kind": "duplicate_rows", "times": None})
    found = ids(walk(mosaic, 40))
    truth = [ad["id"] for ad in mosaic.own("ads")]
    assert sorted(set(found)) == truth
    assert len(found) == len(truth) + 2


@pytest.mark.parametrize("walk", NUMBERED)
def test_a_short_or_empty_page_by_number_lacks_rows_that_the_total_counts(mosaic: MosaicApi, walk: Walk) -> None:
    mosaic.faults({"kind": "short_page"}, {"kind": "empty_page"})
    assert [len(page) for page in walk(mosaic, 40)] == [20, 0, 40]


@pytest.mark.parametrize("walk", NUMBERED)
def test_a_total_can_shrink_while_paging(mosaic: MosaicApi, walk: Walk) -> None:
    mosaic.faults({"kind": "shrinking_total", "times": None})
    assert len(ids(walk(mosaic, 7))) < 120


def test_a_total_beside_a_cursor_can_shrink_too(mosaic: MosaicApi) -> None:
    mosaic.faults({"kind": "shrinking_total", "times": None})
    token, totals = None, []
    for _ in range(3):
        found = mosaic.post("token", {"maxResults": 10, "nextToken": token}).json()
        token = found["nextToken"]
        totals.append(found["totalResults"])
    assert totals == [120, 119, 118]


@pytest.mark.parametrize("walk", [*NUMBERED, *CURSORS])
@pytest.mark.parametrize("kind", ["endless_cursor", "cursor_cycle"])
def test_a_list_of_any_style_can_have_no_end(mosaic: MosaicApi, walk: Walk, kind: str) -> None:
    mosaic.faults({"kind": kind, "times": None})
    found = ids(islice(walk(mosaic, 60), 7))
    truth = [ad["id"] for ad in mosaic.own("ads")]
    assert found == [*truth, *truth, *truth, *truth[:60]]


@pytest.mark.parametrize("walk", [*NUMBERED, *CURSORS])
def test_the_same_page_can_come_again_and_again(mosaic: MosaicApi, walk: Walk) -> None:
    mosaic.faults({"kind": "repeat_cursor", "times": None})
    pages = list(islice(walk(mosaic, 60), 2))
    assert pages[0] == pages[1]


def test_a_walk_through_a_huge_list_is_made_as_it_goes(start_mosaic: Any) -> None:
    mosaic = start_mosaic(scale=100_000)
    assert mosaic.get("offset", start=11_999_990, count=100).json()["paging"]["total"] == 12_000_000
    assert len(list(islice(by_cursor(mosaic, 250), 3))) == 3
