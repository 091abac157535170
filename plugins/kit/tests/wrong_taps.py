"""The shop with one classic mistake at a time: what the conformance suite must find. Run by test_kit_mistakes.py."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import itertools
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from dif_kit.decode import JsonRecords, UndecodableError
from dif_kit.http import Match
from dif_kit.paging import Cursor, Offset, Page, SinglePage
from dif_kit.tap import IdBatches, Property
from dif_kit.testing import ApiAnswer, FakeApi, conformance
from singer_sdk import typing as th

shop = sys.modules[f"{__name__.rpartition('.')[0]}.conftest"]
SECRET = "secret-token-of-the-shop"
GOLDEN = Path(tempfile.gettempdir(), f"dif-mistakes-{os.getpid()}")


def of_shop(tap: type[Any] = shop.TapShop, teach: Any = shop.teach, today: date | None = date(2026, 11, 1)) -> type:
    """The conformance suite of a shop; golden files are not what is looked at here."""
    GOLDEN.mkdir(exist_ok=True)
    return conformance(
        tap,
        routes=teach,
        config={"start_date": "2026-10-01", "end_date": "2026-10-15"},
        credential={"access_token": SECRET},
        golden_catalog=GOLDEN / f"{tap.__name__}.catalog.json",
        golden_records=GOLDEN / f"{tap.__name__}.records.json",
        forbidden="/accounts/1/campaigns",
        today=today,
    )


def with_stream(wrong: type[Any], **facts: Any) -> type:
    """The shop with a stream in the place of the one of its name, and what refers to that one."""

    class CampaignDays(shop.CampaignDays):
        """Daily figures of campaigns."""

        ids = IdBatches(stream=wrong, key="id", size=2, joined_by=",")

    usual = {kind.name: kind for kind in shop.TapShop.stream_types}
    if wrong.name == "campaigns":
        usual["campaign_days"] = CampaignDays
    return type(
        "TapWrong",
        (shop.TapShop,),
        {"__doc__": "A shop.", "stream_types": tuple((usual | {wrong.name: wrong}).values()), **facts},
    )


def answering(path: str, answer: Any) -> Any:
    """The shop's routes, one of them another."""

    def teach(api: FakeApi) -> None:
        shop.teach(api)
        api.on("GET", path, answer)

    return teach


class Campaigns(shop.Campaigns):
    """Campaigns of an account."""


# The control: every test passes.
TestNothingWrong = of_shop()


# The key is made while reading.
class UnstableKey(Campaigns):
    """Campaigns of an account."""

    count = itertools.count()

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        return {**row, "id": f"{row['id']}-{time.time_ns()}-{next(self.count)}"}


TestUnstableKey = of_shop(with_stream(UnstableKey))


# The key leaves out what tells rows apart.
class CollapsingKey(shop.CampaignDays):
    """Daily figures of campaigns."""

    primary_keys = ("DATE",)


TestCollapsingKey = of_shop(with_stream(CollapsingKey))


# Some rows have no value in the key.
def without_id(request: Any) -> Any:
    return [{"CAMPAIGN_ID": None, "DATE": request.query["from"], "SPEND": 2}]


TestKeyMissing = of_shop(teach=answering("/accounts/2/analytics", without_id))


# The key is no column of the schema.
class NoKey(shop.CampaignReport):
    """Daily figures of campaigns, from a report."""

    primary_keys = ("CAMPAIGN_ID", "DAY")


TestKeyNotInSchema = of_shop(with_stream(NoKey))


# A refusal is taken for an empty list.
class Swallowed403(Campaigns):
    """Campaigns of an account."""

    verdicts = replace(shop.ShopStream.verdicts, ok={Match(status=403)})
    records = JsonRecords("items", optional=True, error="nowhere")


TestSwallowed403 = of_shop(with_stream(Swallowed403))


# The provider's local times become bookmarks.
class NaiveTime(Campaigns):
    """Campaigns of an account."""

    replication_format = "date-time"
    schema = shop.schema("id", "account_id", updated={"type": ["string"], "format": "date-time"}, budget=shop.NUMBER)


def local(_request: Any) -> Any:
    return {"items": [{"id": "9", "updated": "2026-10-02T10:00:00", "budget": 1.5}], "bookmark": None}


def naive(api: FakeApi) -> None:
    shop.teach(api)
    api.on("GET", "/accounts/1/campaigns", local)
    api.on("GET", "/accounts/2/campaigns", lambda _request: {"items": [], "bookmark": None})


TestNaiveTime = of_shop(with_stream(NaiveTime), naive)


# Money becomes a float on its way.
class FloatMoney(Campaigns):
    """Campaigns of an account."""

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        return {**row, "budget": float(row["budget"])}


TestFloatMoney = of_shop(with_stream(FloatMoney))


# The provider gives its last page for every offset beyond it.
class EndlessPages(Campaigns):
    """Campaigns of an account."""

    paging = Offset("offset", ("limit", 2))


def last_page(_request: Any) -> Any:
    return {"items": [shop.campaign("11", 1000), shop.campaign("12", 3000)]}


TestEndlessPages = of_shop(with_stream(EndlessPages), answering("/accounts/1/campaigns", last_page))


# A paging style of the tap's own ends at an empty page.
@dataclass(frozen=True, slots=True)
class UntilEmpty(Cursor):
    """Stops at the first page without a row."""

    def after(self, page: Page, answer: Any, count: int) -> Page | None:
        return Cursor.after(self, page, answer, count) if count else None


class EmptyPageEnds(Campaigns):
    """Campaigns of an account."""

    paging = UntilEmpty(token="bookmark", param="bookmark", size=("page_size", 2))


TestEmptyPageEnds = of_shop(with_stream(EmptyPageEnds))


# What was resolved is written out for debugging.
class SecretInTheLog(Campaigns):
    """Campaigns of an account."""

    def get_records(self, context: Any) -> Any:
        sys.stderr.write(f"asking with {SECRET}\n")
        yield from super().get_records(context)


TestSecretInTheLog = of_shop(with_stream(SecretInTheLog))


# A secret is a plain setting.
class TapUnflagged(shop.TapShop):
    """A shop."""

    settings = (
        *shop.TapShop.settings,
        Property("app_secret", th.StringType, description="The app's own"),
    )


TestUnflaggedSecret = of_shop(TapUnflagged)


# A setting that nobody explains.
class TapSilent(shop.TapShop):
    """A shop."""

    settings = (*shop.TapShop.settings, Property("mode", th.StringType))


TestSettingWithoutAWord = of_shop(TapSilent)


# Only known columns are passed on.
class DropsUnknown(Campaigns):
    """Campaigns of an account."""

    def post_process(self, row: dict[str, Any], context: Any = None) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name in self.columns}


TestDropsUnknown = of_shop(with_stream(DropsUnknown))


# A 429 counts as a refusal.
class IgnoresRetryAfter(Campaigns):
    """Campaigns of an account."""

    verdicts = replace(shop.ShopStream.verdicts, skip_partition={Match(status=429)})


TestIgnoresRetryAfter = of_shop(with_stream(IgnoresRetryAfter))


# The request names the first day only, of ten.
class WindowNotCovered(shop.CampaignDays):
    """Daily figures of campaigns."""

    params = {"from": "{start}", "ids": "{ids}"}


TestWindowNotCovered = of_shop(with_stream(WindowNotCovered))


# The bookmark moves before the rows went out.
class BookmarkAhead(Campaigns):
    """Campaigns of an account."""

    def get_records(self, context: Any) -> Any:
        for rows in super().get_records(context):
            yield rows
            self.open_bookmarks().put({"account_id": context["account_id"]}, 9999)


TestBookmarkAhead = of_shop(with_stream(BookmarkAhead))


# Nothing holds the requests back.
class NoBudget(Campaigns):
    """Campaigns of an account."""

    budgets = ()


TestNoBudget = of_shop(with_stream(NoBudget))


# Rows are numbered by all workers together, as answers come in.
class Numbered(JsonRecords):
    """Adds the place of a row among all that were ever read."""

    count = 0

    def records(self, body: Any) -> Any:
        for row in super().records(body):
            Numbered.count += 1
            yield {**row, "place": str(Numbered.count)}


class OrderByChance(Campaigns):
    """Campaigns of an account."""

    records = Numbered("items")
    schema = shop.schema("id", "account_id", "place", updated=shop.INTEGER, budget=shop.NUMBER)


TestOrderByChance = of_shop(with_stream(OrderByChance))


# A page of HTML is an empty list.
class Lenient(JsonRecords):
    """Takes what it cannot read for nothing."""

    def check(self, body: Any) -> None:
        return None

    def records(self, body: Any) -> Any:
        try:
            yield from super().records(body)
        except UndecodableError:
            return


class HtmlIsEmpty(Campaigns):
    """Campaigns of an account."""

    records = Lenient("items")
    paging = SinglePage()


TestHtmlIsEmpty = of_shop(with_stream(HtmlIsEmpty))


# The tap asks for an address that the provider does not have.
class WrongAddress(Campaigns):
    """Campaigns of an account."""

    path = "/accounts/{account_id}/campaings"


TestWrongAddress = of_shop(with_stream(WrongAddress))


# A column has another type than the schema says.
def text_for_number(_request: Any) -> Any:
    return ApiAnswer({"items": [{"id": "9", "updated": 1000, "budget": "a lot"}], "bookmark": None})


TestWrongType = of_shop(teach=answering("/accounts/2/campaigns", text_for_number))


# The provider keeps figures for 60 days, and the tests go by the calendar.
TestAgeing = of_shop(today=None)
