"""Which days and ids a run asks for, in which pieces, and how far it has then come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dif_kit.testing import ApiAnswer, FakeApi, run_tap

if TYPE_CHECKING:
    from dif_kit.tap import Tap

Config = dict[str, Any]
TOO_LARGE = ApiAnswer({"code": 1, "message": "Range too large"}, status=400)


def test_days_are_asked_in_slices_and_ids_in_batches(tap: type[Tap], config: Config, api: FakeApi) -> None:
    run_tap(tap, config | {"concurrency": 1})
    assert [request.query for request in api.asked("/accounts/1/analytics")] == [
        {"from": "2026-10-01", "to": "20261010", "ids": "11,12"},
        {"from": "2026-10-01", "to": "20261010", "ids": "13"},
        {"from": "2026-10-11", "to": "20261015", "ids": "11,12"},
        {"from": "2026-10-11", "to": "20261015", "ids": "13"},
    ]


def test_ids_come_from_one_reading_of_the_sibling(tap: type[Tap], config: Config, api: FakeApi) -> None:
    run_tap(tap, config)
    assert len(api.asked("/accounts/1/campaigns")) == 2


def test_ids_are_read_also_if_the_sibling_is_not_selected(tap: type[Tap], config: Config, api: FakeApi) -> None:
    run = run_tap(tap, config, streams={"campaign_days"})
    assert run.receipt.streams["campaign_days"].records == 8
    assert {message["stream"] for message in run.messages if "stream" in message} == {"campaign_days"}
    assert len(api.asked("/accounts/1/campaigns")) == 2


def test_old_campaigns_are_not_sent_again_yet_their_figures_are(tap: type[Tap], config: Config) -> None:
    first = run_tap(tap, config)
    second = run_tap(tap, config, state=first.state)
    assert [row["id"] for row in second.records("campaigns")] == ["12", "21"]
    assert {row["CAMPAIGN_ID"] for row in second.records("campaign_days")} == {"11", "12", "13", "21"}


def test_the_next_run_reads_from_the_lookback(tap: type[Tap], config: Config, api: FakeApi) -> None:
    first = run_tap(tap, config)
    assert first.bookmark("campaign_days", account_id="1") == "2026-10-15"
    api.requests.clear()
    second = run_tap(tap, config | {"end_date": "2026-10-17"}, state=first.state)
    assert {(r.query["from"], r.query["to"]) for r in api.asked("/accounts/1/analytics")} == {
        ("2026-10-12", "20261017")
    }
    assert second.bookmark("campaign_days", account_id="1") == "2026-10-17"


def test_the_setting_overrides_the_lookback(tap: type[Tap], config: Config, api: FakeApi) -> None:
    state = run_tap(tap, config).state
    api.requests.clear()
    run_tap(tap, config | {"lookback_days": 1}, state=state)
    assert {request.query["from"] for request in api.asked("/accounts/1/analytics")} == {"2026-10-14"}


def test_today_is_read_but_not_taken_for_whole(tap: type[Tap], config: Config, api: FakeApi) -> None:
    today = datetime.now(UTC).date()
    start = today - timedelta(days=2)
    run = run_tap(tap, config | {"start_date": start.isoformat(), "end_date": None})
    assert {r.query["to"] for r in api.asked("/accounts/1/analytics")} == {f"{today:%Y%m%d}"}
    assert run.bookmark("campaign_days", account_id="1") == (today - timedelta(days=1)).isoformat()


def test_an_account_lives_in_its_own_calendar(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on(
        "GET", "/accounts", {"items": [{"id": "1", "zone": "Pacific/Kiritimati"}, {"id": "2", "zone": "Etc/GMT+12"}]}
    )
    start = datetime.now(UTC).date() - timedelta(days=2)
    run_tap(tap, config | {"start_date": start.isoformat(), "end_date": None})
    ends = {r.path: r.query["to"] for r in api.requests if r.path.endswith("analytics")}
    assert ends["/accounts/1/analytics"] > ends["/accounts/2/analytics"]  # 26 hours apart


def test_an_account_in_an_unknown_zone_fails_alone(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts", {"items": [{"id": "1", "zone": "Mars/Olympus"}, {"id": "2", "zone": "UTC"}]})
    run = run_tap(tap, config)
    assert run.exit_code == 3
    assert "Mars/Olympus" in run.last_line
    assert {row["ACCOUNT_ID"] for row in run.records("campaign_days")} == {"2"}


def test_days_that_the_provider_no_longer_has_are_told(tap: type[Tap], config: Config, api: FakeApi) -> None:
    today = datetime.now(UTC).date()
    run = run_tap(tap, config | {"start_date": "2020-01-01", "end_date": today.isoformat()})
    oldest = today - timedelta(days=60)
    assert min(r.query["from"] for r in api.asked("/accounts/1/analytics")) == oldest.isoformat()
    assert f"2020-01-01 to {oldest - timedelta(days=1)} cannot be read" in run.errors


def test_a_range_that_is_refused_as_too_large_is_halved(tap: type[Tap], config: Config, api: FakeApi) -> None:
    def picky(request: Any) -> Any:
        span = int(request.query["to"]) - int(request.query["from"].replace("-", ""))
        return [{"CAMPAIGN_ID": "21", "DATE": request.query["from"]}] if span < 5 else TOO_LARGE

    api.on("GET", "/accounts/2/analytics", picky)
    run = run_tap(tap, config)
    assert run.exit_code == 0
    assert [row["DATE"] for row in run.records("campaign_days") if row["ACCOUNT_ID"] == "2"] == [
        "2026-10-01", "2026-10-06", "2026-10-11",
    ]  # fmt: skip


def test_each_covered_slice_may_be_told_at_once(tap: type[Tap], config: Config) -> None:
    run = run_tap(tap, config, streams={"campaign_days"})
    told = [
        part["replication_key_value"]
        for state in run.states
        for part in state["bookmarks"].get("campaign_days", {}).get("partitions", [])
        if part["context"] == {"account_id": "1"}
    ]
    assert sorted(set(told)) == ["2026-10-10", "2026-10-15"]


def test_a_value_cannot_leave_its_place_in_the_path(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts", {"items": [{"id": "2/../1?x=1&", "zone": "UTC"}]})
    run_tap(tap, config, streams={"campaigns"})
    assert [request.path for request in api.unknown] == ["/accounts/2%2F..%2F1%3Fx%3D1%26/campaigns"]
