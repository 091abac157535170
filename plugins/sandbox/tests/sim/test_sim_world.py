"""The world's figures: they grow, are corrected, disappear, are final; each account has its zone and currency."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.world import Figures, Things

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import MosaicApi

    StartMosaic = Callable[..., MosaicApi]

DAY = date(2026, 9, 1)
FIGURES = Figures(Draw("world"), {"clicks": 1_000_000}, settle_days=28, withdrawn=0.0)


def clicks(age: float) -> int:
    """The clicks of one day as they are known so many days after its beginning."""
    found = FIGURES.row("ad", DAY, datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=age))
    assert found is not None
    return found["clicks"]


def test_a_day_grows_by_the_hour_is_corrected_downwards_and_is_then_final() -> None:
    hours = [clicks(hour / 24) for hour in range(24)]
    assert hours == sorted(hours)
    assert clicks(1) == clicks(2) > clicks(3)
    later = [clicks(age) for age in range(3, 29)]
    assert later == sorted(later)
    assert later[-2] < later[-1] == clicks(29) == clicks(400)


def test_a_day_to_come_has_no_rows() -> None:
    assert FIGURES.row("ad", DAY, datetime(2026, 8, 31, 23, 59, tzinfo=UTC)) is None


def test_withdrawn_rows_disappear_on_a_later_day_and_stay_away() -> None:
    figures = Figures(Draw("world"), {"clicks": 10}, settle_days=10, withdrawn=0.3)
    born = datetime(2026, 9, 1, 12, tzinfo=UTC)

    def there(age: int) -> set[str]:
        things = map(str, range(300))
        return {thing for thing, _, _ in figures.rows(things, DAY, DAY, born + timedelta(days=age))}

    known = [there(age) for age in range(30)]
    assert len(known[0]) == 300
    assert all(later <= earlier for earlier, later in pairwise(known))
    assert len({len(found) for found in known}) > 5
    assert 180 < len(known[10]) < 240
    assert known[10] == known[29]


def test_what_the_mark_of_completeness_covers_changes_no_more(mosaic: MosaicApi) -> None:
    days = {"start_date": "2026-09-01", "end_date": "2026-11-01"}
    mark = datetime.fromisoformat(mosaic.get("figures", **days).json()["finalized_data_end_time"])
    before = {(row["ad_id"], row["date"]): row for row in mosaic.own("figures", **days)}
    mosaic.clock("2026-12-15T00:00:00Z")
    after = {(row["ad_id"], row["date"]): row for row in mosaic.own("figures", **days)}
    final = {key for key in before if date.fromisoformat(key[1]) <= mark.date()}
    assert final
    assert all(before[key] == after[key] for key in final)
    assert {key for key in after if date.fromisoformat(key[1]) <= mark.date()} == final
    withdrawn, changed = before.keys() - after.keys(), [key for key in after if after[key] != before[key]]
    assert withdrawn
    assert len(changed) > len(before) / 10


def test_the_clock_decides_what_there_is(mosaic: MosaicApi) -> None:
    days = {"start_date": "2026-11-01", "end_date": "2026-11-30"}
    assert {row["date"] for row in mosaic.own("figures", **days)} <= {"2026-11-01", "2026-11-02"}
    mosaic.clock("2026-11-03T23:30:00Z")
    assert len({row["date"] for row in mosaic.own("figures", **days)}) >= 3


def test_each_account_lives_in_its_zone_and_counts_in_its_currency(start_mosaic: StartMosaic) -> None:
    seen: dict[str, str] = {}
    for seed in range(1, 5):
        mosaic = start_mosaic(now="2026-11-01T20:00:00Z", seed=seed)
        for account in mosaic.truth("accounts"):
            mosaic.account = account["id"]
            rows = mosaic.own("figures", start_date="2026-10-30", end_date="2026-11-05")
            here = datetime(2026, 11, 1, 20, tzinfo=UTC).astimezone(ZoneInfo(account["time_zone"])).date()
            assert max(row["date"] for row in rows) == here.isoformat()
            assert {row["currency"] for row in rows} == {account["currency"]}
            decimals = {len(row["spend"].partition(".")[2]) for row in rows}
            assert decimals == ({0} if account["currency"] == "JPY" else {2})
            seen[account["currency"]] = account["time_zone"]
    assert len(seen) == 3


def test_the_same_seed_is_the_same_world(start_mosaic: StartMosaic) -> None:
    def facts(seed: int) -> list[dict[str, Any]]:
        return start_mosaic(seed=seed).own("figures", start_date="2026-10-31", end_date="2026-11-01")

    assert facts(1) == facts(1)
    assert facts(1) != facts(2)


def test_a_list_is_made_where_it_is_looked_at() -> None:
    made: list[int] = []
    things = Things(10**9, lambda number: made.append(number) or number)  # type: ignore[func-returns-value]
    assert (len(things), things[-1], things[5:7]) == (10**9, 10**9 - 1, [5, 6])
    assert things[10**9 :] == []
    assert len(made) == 3
    with pytest.raises(IndexError):
        things[10**9]


def test_an_unknown_client_or_stream_has_no_truth(mosaic: MosaicApi) -> None:
    assert mosaic.control("GET", "truth/demo").json()["streams"] == ["accounts", "ads", "figures"]
    for path in ("truth/nobody", "truth/demo/clicks", "truth/nobody/ads"):
        assert mosaic.control("GET", path).status_code == 404
    assert mosaic.control("GET", "truth/demo/figures").status_code == 400
