"""From page to page, and where each style ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.http import Answer
from dif_kit.paging import Cursor, LinkHeader, NextUrl, Offset, PageNumber, PagingError, SinglePage, Walk, walk

if TYPE_CHECKING:
    from dif_kit.paging import Page, Paging

BASE = "https://api.test/v1/list"


def read(
    paging: Paging, answers: list[tuple[Any, int]], *, headers: list[str] | None = None, max_pages: int = 9
) -> Any:
    """The params or addresses asked for, and how many records came."""
    asked: list[Any] = []
    links = iter(headers or [])

    def fetch(page: Page) -> tuple[Answer, list[dict[str, Any]]]:
        asked.append(page.url or dict(page.params))
        body, count = answers[len(asked) - 1]
        return Answer(BASE, 200, {"Link": next(links, "")}, json.dumps(body).encode()), [{}] * count

    total = sum(len(rows) for rows in walk(paging, fetch, max_pages=max_pages))
    return asked, total


def test_one_page() -> None:
    assert read(SinglePage(), [({}, 3)]) == ([{}], 3)


def test_a_cursor_goes_back_as_a_parameter_until_there_is_none() -> None:
    style = Cursor(token="page.after", param="after", size=("limit", 2))
    answers = [({"page": {"after": "a"}}, 2), ({"page": {"after": "b"}}, 0), ({"page": {"after": None}}, 1)]
    assert read(style, answers) == ([{"limit": 2}, {"limit": 2, "after": "a"}, {"limit": 2, "after": "b"}], 3)


@pytest.mark.parametrize("end", [{}, {"after": None}, {"after": ""}])
def test_a_cursor_ends_where_the_token_is_absent_null_or_empty(end: dict[str, Any]) -> None:
    assert read(Cursor(token="after", param="after"), [(end, 1)]) == ([{}], 1)


def test_page_numbers_end_with_a_short_page_or_the_announced_last_one() -> None:
    size = ("per_page", 2)
    assert read(PageNumber("page", size), [({}, 2), ({}, 1)])[1] == 3
    counted = PageNumber("page", size, total="pages", start=0)
    asked, total = read(counted, [({"pages": 2}, 1), ({"pages": 2}, 2)])
    assert (asked, total) == ([{"page": 0, "per_page": 2}, {"page": 1, "per_page": 2}], 3)


def test_offsets_count_records() -> None:
    size = ("limit", 2)
    assert read(Offset("offset", size), [({}, 2), ({}, 0)])[0] == [{"offset": 0, "limit": 2}, {"offset": 2, "limit": 2}]
    asked, total = read(Offset("offset", size, total="total"), [({"total": 3}, 1), ({"total": 3}, 2)])
    assert ([page["offset"] for page in asked], total) == ([0, 1], 3)


def test_an_offset_that_runs_dry_before_the_total_is_a_failure() -> None:
    with pytest.raises(PagingError, match="empty, 'total' says there are 5"):
        read(Offset("offset", ("limit", 2), total="total"), [({"total": 5}, 2), ({"total": 5}, 0)])


def test_next_addresses_may_be_relative() -> None:
    answers = [({"next": "/v1/list?cursor=x"}, 1), ({"next": None}, 1)]
    assert read(NextUrl("next"), answers) == ([{}, "https://api.test/v1/list?cursor=x"], 2)


def test_link_headers_name_the_next_page() -> None:
    links = ['<https://api.test/v1/list?p=0>; rel="prev", <list?p=2>; rel="next"', '<list?p=1>; rel="prev"']
    assert read(LinkHeader(), [({}, 1), ({}, 1)], headers=links) == ([{}, "https://api.test/v1/list?p=2"], 2)


@pytest.mark.parametrize("loop", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
def test_a_token_seen_before_is_a_loop(loop: list[str]) -> None:
    with pytest.raises(PagingError, match="a second time"):
        read(Cursor(token="t", param="t"), [({"t": token}, 1) for token in loop])


def test_a_list_without_end_is_a_failure() -> None:
    with pytest.raises(PagingError, match="more than 3 pages"):
        read(Cursor(token="t", param="t"), [({"t": str(number)}, 1) for number in range(9)], max_pages=3)


def test_a_token_of_another_kind_is_a_failure() -> None:
    with pytest.raises(PagingError, match="found dict"):
        read(Cursor(token="t", param="t"), [({"t": {"a": 1}}, 1)])


def test_new_tokens_for_the_same_rows_are_a_loop() -> None:
    with pytest.raises(PagingError, match="the same 2 records 5 times"):
        read(Cursor(token="t", param="t"), [({"t": str(number)}, 2) for number in range(9)])


def test_empty_pages_in_the_middle_are_passed_but_not_for_ever() -> None:
    style = Cursor(token="t", param="t")
    answers = [({"t": str(number)}, 0) for number in range(999)] + [({"t": None}, 3)]
    assert read(style, answers, max_pages=5000)[1] == 3
    with pytest.raises(PagingError, match="1000 pages in a row were empty"):
        read(style, [({"t": str(number)}, 0) for number in range(1001)], max_pages=5000)


def test_a_cursor_ends_where_there_is_no_address_of_a_next_page() -> None:
    paging = Cursor("after", "after", ("limit", 8), link="next", least=2)
    page = paging.first()
    following = paging.after(page, Answer("u", 200, {}, b'{"after": "a", "next": "https://x?access_token=t"}'), 8)
    assert following is not None
    assert following.params == {"limit": 8, "after": "a"}
    assert following.url is None
    assert paging.after(following, Answer("u", 200, {}, b'{"after": "a"}'), 8) is None
    with pytest.raises(PagingError, match="no token"):
        paging.after(page, Answer("u", 200, {}, b'{"next": "https://x"}'), 8)


def test_a_page_is_halved_down_to_the_least() -> None:
    way = Walk(Cursor("after", "after", ("limit", 8), least=2), max_pages=9)
    asked = []
    while way.shrink():
        assert way.page is not None
        asked.append(way.page.params["limit"])
    assert asked == [4, 2]
    assert not Walk(SinglePage(), max_pages=9).shrink()
