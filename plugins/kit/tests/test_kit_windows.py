"""Calendar days: cut, zoned, backfilled, and not taken for final before they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dif_kit.errors import ConfigError
from dif_kit.tap import Moments, Window
from dif_kit.tap._window import Days, Seconds, is_backfill, today_in
from dif_kit.testing import ApiAnswer, FakeApi, TapRun, run_tap
from hypothesis import example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_kit.tap import Tap
    from dif_kit.testing import ApiRequest

Config = dict[str, Any]
DAY = timedelta(days=1)

some_days = st.dates(date(1999, 1, 1), date(2101, 1, 1))
untimed = settings(deadline=None)
zones = st.sampled_from(sorted(available_timezones()))
moments = st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned beside


def listed(days: Days) -> list[date]:
    return [days.first + DAY * number for number in range((days.last - days.first).days + 1)]


@untimed
@given(some_days, st.integers(0, 800), st.integers(1, 400))
@example(date(2028, 2, 28), 2, 1)  # over a leap day
@example(date(2100, 2, 27), 3, 2)  # a century without one
@example(date(2026, 12, 31), 0, 31)
def test_slices_hold_every_day_once_and_in_order(first: date, more: int, size: int) -> None:
    days = Days(first, first + DAY * more)
    slices = list(days.slices(size))
    assert [day for part in slices for day in listed(part)] == listed(days)
    assert all(len(listed(part)) == size for part in slices[:-1])
    assert 1 <= len(listed(slices[-1])) <= size


@untimed
@given(some_days, st.integers(0, 800))
def test_halves_hold_every_day_once_and_get_down_to_single_days(first: date, more: int) -> None:
    days = Days(first, first + DAY * more)
    halves = days.halves()
    if more == 0:
        assert halves is None
        return
    assert halves is not None
    assert [day for half in halves for day in listed(half)] == listed(days)
    assert abs(len(listed(halves[0])) - len(listed(halves[1]))) <= 1


@untimed
@given(moments, zones)
@example(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "Europe/Berlin")  # the day of 23 hours
@example(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Berlin")  # the hour that comes twice
@example(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "America/Los_Angeles")
@example(datetime(2011, 12, 30, 10, 30, tzinfo=UTC), "Pacific/Apia")  # the day that was left out
@example(datetime(2028, 2, 29, 23, 59, tzinfo=UTC), "Pacific/Kiritimati")
def test_today_is_the_day_on_the_wall_of_the_account(now: datetime, zone: str) -> None:
    today = today_in(zone, now=now)
    assert today == now.astimezone(ZoneInfo(zone)).date()
    assert abs((today - now.date()).days) <= 1


@untimed
@given(moments, zones, st.integers(0, 48))
def test_today_never_goes_back(now: datetime, zone: str, hours: int) -> None:
    assert today_in(zone, now=now) <= today_in(zone, now=now + timedelta(hours=hours)) + DAY
    if "/" in zone:  # places; zones such as MET have none of the odd changes of date
        assert today_in(zone, now=now) <= today_in(zone, now=now + timedelta(hours=hours + 24))


@untimed
@given(some_days, st.none() | some_days, st.integers(0, 90), st.integers(1, 90), st.integers(1, 400))
def test_a_run_begins_at_its_lookback_and_leaves_no_gap(
    start: date, bookmark: date | None, lookback: int, size: int, more: int
) -> None:
    window = Window(days=size, lookback_days=lookback)
    first = window.first_day(start=start, bookmark=bookmark, lookback_days=lookback)
    assert first >= start
    if bookmark is not None and bookmark >= start:
        assert first <= bookmark
        read = [day for part in Days(first, bookmark + DAY * more).slices(size) for day in listed(part)]
        assert set(listed(Days(bookmark, bookmark + DAY * more))) <= set(read)


@untimed
@given(some_days, st.none() | some_days, st.none() | some_days)
def test_only_days_that_join_the_bookmark_may_move_it(start: date, end: date | None, bookmark: date | None) -> None:
    if end is not None and bookmark is not None and not is_backfill(start=start, end=end, bookmark=bookmark):
        assert start <= bookmark + DAY
        assert end >= bookmark


# As a run shows it


def days_of(run: TapRun, stream: str = "campaign_days") -> list[tuple[str, str]]:
    return [(window.from_, window.to) for window in run.receipt.streams[stream].windows]


def bookmark(run: TapRun) -> str | None:
    return run.bookmark("campaign_days", account_id="1")


@pytest.fixture
def config(config: Config) -> Config:
    return config | {"account_ids": ["1"]}


def read(tap: type[Tap], config: Config, state: Any = None) -> TapRun:
    return run_tap(tap, config, state=state, streams={"campaign_days"})


def test_a_backfill_of_older_days_leaves_the_bookmark_where_it_is(tap: type[Tap], config: Config) -> None:
    live = read(tap, config)
    backfill = read(tap, config | {"start_date": "2026-10-02", "end_date": "2026-10-05"}, live.state)
    assert days_of(backfill) == [("2026-10-02", "2026-10-05")]
    assert bookmark(backfill) == bookmark(live) == "2026-10-15"


def test_a_backfill_beyond_the_bookmark_leaves_no_gap_behind_it(tap: type[Tap], config: Config) -> None:
    live = read(tap, config)
    ahead = read(tap, config | {"start_date": "2026-11-01", "end_date": "2026-11-03"}, live.state)
    assert days_of(ahead) == [("2026-11-01", "2026-11-03")]
    assert bookmark(ahead) == "2026-10-15"
    joining = read(tap, config | {"start_date": "2026-10-16", "end_date": "2026-11-03"}, live.state)
    assert bookmark(joining) == "2026-11-03"


def facts(tap: type[Tap], **facts: Any) -> type[Tap]:
    changed = tuple(
        type("OfFacts", (stream,), facts) if stream.name == "campaign_days" else stream for stream in tap.stream_types
    )
    return type("TapOfFacts", (tap,), {"stream_types": changed})


@pytest.mark.parametrize(
    ("mark", "reached"),
    [
        ("2026-10-12", "2026-10-12"),
        ("2026-10-12T00:00:00-07:00", "2026-10-11"),
        ("2026-10-12T23:59:59Z", "2026-10-11"),
        ("2026-10-05", "2026-10-05"),
        ("2027-01-01", "2026-10-15"),
        (None, "2026-10-15"),
    ],
)
def test_the_bookmark_stays_behind_what_the_provider_calls_final(
    tap: type[Tap], config: Config, api: FakeApi, mark: str | None, reached: str
) -> None:
    answer = {"rows": [{"CAMPAIGN_ID": "11", "DATE": "2026-10-02"}], "meta": [{"until": "2026-12-31"}, {"until": mark}]}
    api.on("GET", "/accounts/1/analytics", answer)
    run = read(facts(tap, records="rows", final_until="meta.until"), config)
    assert run.exit_code == 0, run.last_line
    assert bookmark(run) == reached
    assert days_of(run) == [("2026-10-01", "2026-10-15")]


def test_a_mark_that_is_no_moment_is_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts/1/analytics", {"rows": [], "until": "soon"})
    run = read(facts(tap, records="rows", final_until="until"), config)
    assert run.exit_code == 3
    assert "'soon' is not a moment" in run.last_line


def test_an_answer_that_may_be_cut_off_is_asked_for_again_by_fewer_days(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    def cut(request: Any) -> Any:
        first, last = date.fromisoformat(request.query["from"]), date.fromisoformat(request.query["to"])
        rows = [{"CAMPAIGN_ID": "11", "DATE": day.isoformat()} for day in listed(Days(first, last))]
        return rows[:4]

    api.on("GET", "/accounts/1/analytics", cut)
    run = read(facts(tap, max_rows=4, ids=None, params={"from": "{start}", "to": "{end:%Y%m%d}"}), config)
    assert run.exit_code == 0, run.last_line
    assert [row["DATE"] for row in run.records("campaign_days")] == [f"2026-10-{day:02d}" for day in range(1, 16)]
    assert bookmark(run) == "2026-10-15"


def test_a_day_that_is_cut_off_is_a_failure_not_a_smaller_day(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts/1/analytics", lambda request: [{"CAMPAIGN_ID": str(n)} for n in range(4)])
    run = read(facts(tap, max_rows=4), config)
    assert run.exit_code == 3
    assert "where the provider cuts off" in run.last_line
    assert run.records("campaign_days") == []


def test_a_backfill_that_was_interrupted_goes_on_after_its_bookmark_and_reads_no_day_twice(
    tap: type[Tap], config: Config
) -> None:
    config |= {"priority": "backfill", "end_date": "2026-10-05", "start_date": "2026-10-02"}
    begun = read(tap, config | {"end_date": "2026-10-03"})
    rest = read(tap, config, begun.state)
    assert (days_of(begun), days_of(rest)) == ([("2026-10-02", "2026-10-03")], [("2026-10-04", "2026-10-05")])
    again = read(tap, config, rest.state)
    assert days_of(again) == []


def test_a_catalog_tells_how_a_stream_is_read_by_days(tap: type[Tap], config: Config) -> None:
    (entry,) = (each for each in tap(config=config).catalog_dict["streams"] if each["tap_stream_id"] == "campaign_days")
    (root,) = (each["metadata"] for each in entry["metadata"] if not each["breadcrumb"])
    window = next(stream.window for stream in tap.stream_types if stream.name == "campaign_days")
    assert window is not None
    assert (root["dif.window-days"], root["dif.lookback-days"]) == (window.days, window.lookback_days)


# Days that are too much for one answer

AT = {"11": "00:00:00", "12": "11:59:50", "13": "12:00:00", "14": "12:00:00", "15": "17:59:59", "16": "23:59:59"}
MOST = 3


def crowded(tap: type[Tap]) -> type[Tap]:
    """The shop with single events, of which an answer holds few."""
    facts = {
        "name": "events",
        "path": "/accounts/{account_id}/events",
        "params": {"from": "{start}", "to": "{end}"},
        "ids": None,
        "max_rows": MOST,
        "window": Window(days=10, lookback_days=3, moments=Moments("AT")),
        "schema": {
            "type": "object",
            "properties": dict.fromkeys(("CAMPAIGN_ID", "ACCOUNT_ID", "AT"), TEXT) | {"DATE": TEXT},
        },
    }
    events = type("Events", (next(kind for kind in tap.stream_types if kind.name == "campaign_days"),), facts)
    return type("TapCrowded", (tap,), {"stream_types": (tap.stream_types[0], events)})


TEXT = {"type": ["string", "null"]}


def happened(*, ends_count: bool, asked: list[tuple[str, str]]) -> Callable[[ApiRequest], list[dict[str, str]]]:
    """The events of the second of October, cut off at so many rows; the end of what is asked for counts, or not."""

    def answer(request: ApiRequest) -> list[dict[str, str]]:
        first, last = request.query["from"], request.query["to"]
        asked.append((first, last))
        end = last if " " in last else f"{last} 24"
        rows = [{"CAMPAIGN_ID": name, "DATE": "2026-10-02", "AT": f"2026-10-02 {at}"} for name, at in AT.items()]
        found = [row for row in rows if first <= row["AT"] < end or (ends_count and row["AT"] == end)]
        return found[:MOST]

    return answer


@pytest.mark.parametrize("ends_count", [True, False])
def test_a_day_with_too_many_rows_is_read_in_parts_and_each_row_comes(
    tap: type[Tap], config: Config, api: FakeApi, ends_count: bool
) -> None:
    asked: list[tuple[str, str]] = []
    api.on("GET", "/accounts/1/events", happened(ends_count=ends_count, asked=asked))
    run = run_tap(crowded(tap), config | {"concurrency": 1})
    assert run.exit_code == 0, run.last_line
    # Whole answers alone are believed: what a refused one brought comes again.
    assert {row["CAMPAIGN_ID"] for row in run.records("events")} == AT.keys()
    assert ("2026-10-02 12:00:00", "2026-10-02 18:00:00") in asked
    assert ("2026-10-02 18:00:00", "2026-10-03 00:00:00") in asked
    assert [(each.partition["ACCOUNT_ID"], each.from_, each.to) for each in run.receipt.streams["events"].windows] == [
        ("1", "2026-10-01", "2026-10-15"),
    ]


def test_a_day_is_not_covered_before_its_last_part_is_there(tap: type[Tap], config: Config, api: FakeApi) -> None:
    asked: list[tuple[str, str]] = []
    whole = happened(ends_count=False, asked=asked)

    def answer(request: ApiRequest) -> Any:
        is_last = request.query["from"] == "2026-10-02 18:00:00"
        return ApiAnswer({"code": 29, "message": "not permitted"}, status=403) if is_last else whole(request)

    api.on("GET", "/accounts/1/events", answer)
    run = run_tap(crowded(tap), config | {"concurrency": 1})
    assert run.exit_code == 3
    windows = run.receipt.streams["events"].windows
    assert [each.to for each in windows if each.partition["ACCOUNT_ID"] == "1"] == ["2026-10-01"]


def test_more_rows_in_a_second_than_an_answer_holds_are_a_failure_that_is_named(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    row = {"CAMPAIGN_ID": "1", "DATE": "2026-10-02", "AT": "2026-10-02 08:00:00"}
    api.on("GET", "/accounts/1/events", lambda _request: [row] * MOST)
    run = run_tap(crowded(tap), config | {"concurrency": 1})
    assert run.exit_code == 3
    assert "cuts off without a word" in run.last_line
    assert len(api.asked("/accounts/1/events")) < 30


@untimed
@given(st.integers(0, 86_399), st.integers(1, 86_400))
def test_parts_of_a_day_hold_every_second_once_and_get_down_to_single_ones(first: int, size: int) -> None:
    part = Seconds(date(2026, 10, 2), first, min(86_400, first + size))
    halves = part.halves()
    if halves is None:
        assert part.end - part.first == 1
        return
    assert (halves[0].first, halves[0].end, halves[1].end) == (part.first, halves[1].first, part.end)
    assert abs((halves[0].end - halves[0].first) - (halves[1].end - halves[1].first)) <= 1


def test_parts_of_a_day_are_not_ordered_as_reports(tap: type[Tap]) -> None:
    [report] = [kind for kind in tap.stream_types if kind.name == "campaign_report"]
    window = Window(days=30, moments=Moments("AT"))
    with pytest.raises(ConfigError, match="no moments"):
        type("TapOdd", (tap,), {"stream_types": (tap.stream_types[0], type("Odd", (report,), {"window": window}))})
