"""The suite alters pages of every shape that taps of the kit have, and its calendar stands still where asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from dif_kit.budget import Budget
from dif_kit.decode import Distinct, JsonRecords, Picked
from dif_kit.paging import Cursor
from dif_kit.tap import Stream
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, run_tap
from dif_kit.testing._altered import TOKEN, AlteredApi
from dif_kit.testing._calendar import on_day
from dif_kit.testing._subject import Subject

shop = sys.modules[f"{__name__.rpartition('.')[0]}.conftest"]
BUDGETS = (Budget("shop", ("1000/s",)),)
COLUMNS = {"type": "object", "properties": {"id": {"type": ["string", "null"]}}}


class Searched(Stream):
    """Rows of a query, whose token of the next page goes into its body."""

    method = "POST"
    path = "/search"
    body: ClassVar[dict[str, str]] = {"query": "one"}
    records = Picked(JsonRecords("results", optional=True), {"id": "thing.id"})
    paging = Cursor("nextPageToken", "pageToken", place="body")
    primary_keys = ("id",)
    budgets = BUDGETS
    schema = COLUMNS
    name = "first"


class SearchedAgain(Searched):
    """Another query at the same address."""

    name = "second"


class Listed(Stream):
    """Rows with an address of the next page, as Meta has it."""

    name = "listed"
    path = "/listed"
    records = Distinct(Picked(JsonRecords("data"), {"id": "id"}), ("id",))
    paging = Cursor(token="paging.cursors.after", param="after", link="paging.next")
    primary_keys = ("id",)
    budgets = BUDGETS
    schema = COLUMNS


class ListedOtherwise(Listed):
    """The same address with rows in another place: which page is meant cannot be told."""

    name = "listed_otherwise"
    records = "others"


def altered(api: FakeApi, *streams: type[Stream]) -> AlteredApi:
    tap = type("TapPaged", (shop.TapShop,), {"__doc__": "A shop.", "stream_types": streams})
    nowhere = Path("none")
    return AlteredApi(Subject(tap, api, {}, {}, nowhere, nowhere, "", "", frozenset()))


def searched(**body: Any) -> ApiRequest:
    return ApiRequest("POST", "/search", {}, {}, json.dumps({"query": "one", **body}).encode())


def listed(**query: str) -> ApiRequest:
    return ApiRequest("GET", "/listed", {name: [value] for name, value in query.items()}, {}, b"")


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        api.on("POST", "/search", {"results": [{"thing": {"id": "1"}}]})
        api.on("GET", "/listed", {"data": [{"id": "1"}], "paging": {"cursors": {"after": "a"}}})
        yield api


def body_of(answer: ApiAnswer | None) -> Any:
    assert answer is not None, "the suite does not know how to alter this page"
    return json.loads(answer.content)


def test_an_empty_page_leads_on_where_streams_share_a_search(api: FakeApi) -> None:
    provider = altered(api, Searched, SearchedAgain)
    assert body_of(provider.with_empty_page(searched())) == {"results": [], "nextPageToken": TOKEN}
    followed = body_of(provider.with_empty_page(searched(pageToken=TOKEN)))
    assert followed == {"results": [{"thing": {"id": "1"}}]}


def test_a_page_that_leaves_its_array_out_is_an_empty_one(api: FakeApi) -> None:
    api.on("POST", "/search", {"fieldMask": "x"})
    assert body_of(altered(api, Searched).with_empty_page(searched()))["nextPageToken"] == TOKEN


def test_a_page_leads_to_itself_through_any_decoder_around_another(api: FakeApi) -> None:
    told = body_of(altered(api, Listed).with_same_token(listed()))
    assert told["data"] == [{"id": "1"}]
    assert told["paging"]["cursors"]["after"] == TOKEN
    assert TOKEN in told["paging"]["next"]


def test_an_address_with_two_shapes_is_left_alone(api: FakeApi) -> None:
    assert altered(api, Listed, ListedOtherwise).with_empty_page(listed()) is None


def test_a_run_takes_place_on_the_day_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP", json.dumps({"access_token": "secret-token-of-the-shop"}))
    with FakeApi() as api:
        shop.teach(api)
        config = {"api_url": api.url, "credential_ref": "env://SHOP", "start_date": "2021-01-01"}
        with on_day(date(2021, 1, 5)):
            run = run_tap(shop.TapShop, config, streams={"campaign_days"})
        asked = [request.query["to"] for request in api.requests if request.path.endswith("/analytics")]
    assert run.exit_code == 0, run.last_line
    assert set(asked) == {"20210105"}
