"""A run of a tap as the target, the next run and the person on call see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget
from dif_kit.errors import ConfigError, ExtractionError
from dif_kit.tap import Property, Stream, Window
from dif_kit.testing import ApiAnswer, FakeApi, run_tap
from singer_sdk import typing as th

if TYPE_CHECKING:
    from dif_kit.tap import Tap

Config = dict[str, Any]
REFUSED = ApiAnswer({"code": 29, "message": "not permitted"}, status=403)


# Receipt


def test_the_run_id_is_in_the_first_message_and_the_receipt_in_the_last(tap: type[Tap], config: Config) -> None:
    run = run_tap(tap, config)
    first, last = run.messages[0], run.messages[-1]
    assert first == {"type": "STATE", "value": {"bookmarks": {}, "dif": first["value"]["dif"]}}
    assert (first["value"]["dif"]["run_id"], first["value"]["dif"]["complete"]) == ("run-1", False)
    assert last["type"] == "STATE"
    assert last["value"]["dif"]["complete"] is True
    assert [state["dif"]["complete"] for state in run.states].count(True) == 1
    assert {name: told.records for name, told in run.receipt.streams.items()} == {
        "accounts": 2, "campaigns": 4, "campaign_days": 8, "campaign_report": 2,
    }  # fmt: skip


def test_a_receipt_of_an_earlier_run_is_dropped(tap: type[Tap], config: Config) -> None:
    old = {"bookmarks": {}, "dif": {"run_id": "old", "complete": True}}
    assert {state["dif"]["run_id"] for state in run_tap(tap, config, state=old).states} == {"run-1"}


def test_covered_days_are_told_once_a_partition(tap: type[Tap], config: Config) -> None:
    windows = run_tap(tap, config).receipt.streams["campaign_days"].windows
    assert [(w.partition, w.from_, w.to) for w in windows] == [
        ({"ACCOUNT_ID": "1"}, "2026-10-01", "2026-10-15"),
        ({"ACCOUNT_ID": "2"}, "2026-10-01", "2026-10-15"),
    ]


def test_a_tap_without_a_run_id_makes_one(tap: type[Tap], config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIF_RUN_ID")
    ids = [run_tap(tap, config).receipt.run_id for _ in range(2)]
    assert ids[0] != ids[1]


# Isolation


def test_a_forbidden_account_does_not_stop_the_others(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts/1/analytics", REFUSED)
    run = run_tap(tap, config)
    assert run.exit_code == 3
    assert 'campaign_days {"account_id": "1"}' in run.last_line
    assert "not permitted" in run.last_line
    assert run.last_line.count("\n") == 0
    [failed] = run.receipt.failed
    assert (failed.stream, failed.partition) == ("campaign_days", {"account_id": "1"})
    assert not run.receipt.complete
    assert run.bookmark("campaign_days", account_id="1") is None
    assert run.bookmark("campaign_days", account_id="2") == "2026-10-15"
    assert len(run.records("campaigns")) == 4


def test_a_failure_keeps_the_slices_that_were_whole(tap: type[Tap], config: Config, api: FakeApi) -> None:
    good = [{"CAMPAIGN_ID": "11", "DATE": "2026-10-01"}]
    api.on("GET", "/accounts/1/analytics", [good, good, good, REFUSED])
    first = run_tap(tap, config | {"concurrency": 1})
    assert first.bookmark("campaign_days", account_id="1") == "2026-10-10"
    api.on("GET", "/accounts/1/analytics", lambda _request: good)
    api.requests.clear()
    assert run_tap(tap, config, state=first.state).exit_code == 0
    assert min(r.query["from"] for r in api.asked("/accounts/1/analytics")) == "2026-10-07"


def test_a_list_that_breaks_off_moves_no_bookmark(tap: type[Tap], config: Config, api: FakeApi) -> None:
    pages = [{"items": [{"id": "11", "updated": 9000}], "bookmark": "next"}, REFUSED]
    api.on("GET", "/accounts/1/campaigns", pages)
    run = run_tap(tap, config, streams={"campaigns"})
    assert run.exit_code == 3
    assert [row["id"] for row in run.records("campaigns")] == ["11", "21"]
    assert run.bookmark("campaigns", account_id="1") is None
    assert run.bookmark("campaigns", account_id="2") == 1000


def test_pages_that_go_round_are_a_failure_not_a_loop(tap: type[Tap], config: Config, api: FakeApi) -> None:
    following = {None: "a", "a": "b", "b": "a"}
    api.on("GET", "/accounts/1/campaigns", lambda r: {"items": [], "bookmark": following[r.query.get("bookmark")]})
    run = run_tap(tap, config, streams={"campaigns"})
    assert run.exit_code == 3
    assert "a second time" in run.last_line


def test_if_nothing_can_be_read_the_run_failed(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts", REFUSED)
    run = run_tap(tap, config)
    assert run.exit_code == 1
    assert "nothing could be read" in run.last_line


def test_a_dead_credential_ends_the_run_in_one_line(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts/1/campaigns", ApiAnswer({"code": 2}, status=401))
    run = run_tap(tap, config | {"concurrency": 1})
    assert run.exit_code == 1
    assert run.last_line.startswith("tap-shop: env://SHOP_CREDENTIAL: the provider refused the credential: GET ")
    assert "Traceback" not in run.errors
    assert not run.receipt.complete
    assert "/accounts/2/campaigns" not in api.paths()


def test_a_long_wait_defers_the_run_and_says_until_when(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/accounts/2/analytics", ApiAnswer({"code": 8}, status=429, headers={"Retry-After": "600"}))
    run = run_tap(tap, config | {"concurrency": 1})  # or the budget might rest before the other account is done
    assert run.exit_code == 75
    assert "deferred, run again at 20" in run.last_line
    assert run.bookmark("campaign_days", account_id="1") == "2026-10-15"
    assert not run.receipt.complete


def paid_from(tap: type[Tap], **budgets: tuple[Budget, ...]) -> type[Tap]:
    """The shop with other budgets of some streams."""
    kinds = {
        kind.name: type(kind.__name__, (kind,), {"budgets": budgets.get(kind.name, kind.budgets)})
        for kind in tap.stream_types
    }
    for kind in kinds.values():
        if kind.parent_stream_type is not None:
            kind.parent_stream_type = kinds[kind.parent_stream_type.name]
    days = kinds["campaign_days"]
    days.ids = replace(days.ids, stream=kinds["campaigns"])
    return type("TapPaid", (tap,), {"stream_types": tuple(kinds.values())})


LATER = ApiAnswer({"code": 8}, status=429, headers={"Retry-After": "600"})


def test_a_budget_that_is_spent_for_one_account_puts_that_account_off(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    own = Budget("shop.days", ("1000/s",), scope=("credential", "account_id"))
    api.on("GET", "/accounts/1/analytics", LATER)
    run = run_tap(paid_from(tap, campaign_days=(own,)), config | {"concurrency": 1})
    assert run.exit_code == 75
    assert "deferred, run again at 20" in run.last_line
    assert [(each.stream, each.partition) for each in run.receipt.failed] == [("campaign_days", {"account_id": "1"})]
    assert {row["ACCOUNT_ID"] for row in run.records("campaign_days")} == {"2"}
    assert len(run.records("campaign_report")) == 2
    assert len(api.asked("/accounts/1/analytics")) == 1


def test_a_spent_budget_puts_off_the_streams_that_need_it_and_no_others(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    own = Budget("shop.days", ("1000/s",))
    api.on("GET", "/accounts/1/analytics", LATER)
    run = run_tap(paid_from(tap, campaign_days=(own,)), config | {"concurrency": 1})
    assert run.exit_code == 75
    assert [(each.stream, each.partition) for each in run.receipt.failed] == [("campaign_days", {})]
    assert "/accounts/2/analytics" not in api.paths()
    assert not run.records("campaign_days")
    assert (len(run.records("campaigns")), len(run.records("campaign_report"))) == (4, 2)
    api.on("GET", "/accounts/1/analytics", lambda _request: [])
    assert run_tap(tap, config, state=run.state).exit_code == 0


def test_a_refusal_rests_the_budget_that_it_is_about_and_no_other(tap: type[Tap], config: Config, api: FakeApi) -> None:
    wide, narrow = Budget("shop", ("1000/s",)), Budget("shop.days", ("1000/s",), scope=("credential", "account_id"))
    paid = paid_from(tap, campaign_days=(wide, narrow))
    [days] = [kind for kind in paid.stream_types if kind.name == "campaign_days"]
    days.verdicts = replace(days.verdicts, scopes={8: narrow.scope})
    api.on("GET", "/accounts/1/analytics", LATER)
    run = run_tap(paid, config | {"concurrency": 1})
    assert run.exit_code == 75
    assert [(each.stream, each.partition) for each in run.receipt.failed] == [("campaign_days", {"account_id": "1"})]
    assert {row["ACCOUNT_ID"] for row in run.records("campaign_days")} == {"2"}


def test_a_row_whose_children_are_missing_is_listed_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    facts = {"params": {"changed": "since {since}"}, "since": True, "context_keys": {"campaign_id": "id"}}
    campaigns = type("Changed", (next(s for s in tap.stream_types if s.name == "campaigns"),), facts)
    path = "/accounts/{account_id}/campaigns/{campaign_id}/notes"
    facts = {"name": "notes", "path": path, "parent_stream_type": campaigns, "primary_keys": ("id",)}
    notes = type("Notes", (tap.stream_types[0],), facts | {"context_keys": {}, "restricted_by": None})
    for name in ("11", "12", "13"):
        api.on("GET", f"/accounts/1/campaigns/{name}/notes", {"items": [{"id": f"note-{name}"}]})
    api.on("GET", "/accounts/2/campaigns/21/notes", {"items": []})
    api.on("GET", "/accounts/1/campaigns/11/notes", [REFUSED, {"items": [{"id": "note-11"}]}])
    small = type("TapNotes", (tap,), {"stream_types": (tap.stream_types[0], campaigns, notes)})
    first = run_tap(small, config)
    assert first.exit_code == 3
    assert first.bookmark("campaigns", account_id="1") is None
    assert first.bookmark("campaigns", account_id="2") == 1000
    second = run_tap(small, config, state=first.state)
    assert second.exit_code == 0
    assert "note-11" in {row["id"] for row in second.records("notes")}


# Selection of accounts


def test_only_the_accounts_of_the_setting_are_read(tap: type[Tap], config: Config, api: FakeApi) -> None:
    run = run_tap(tap, config | {"account_ids": ["2"]})
    assert run.exit_code == 0
    assert [row["id"] for row in run.records("accounts")] == ["2"]
    assert "/accounts/1/campaigns" not in api.paths()


def test_an_account_of_the_setting_that_is_not_there_is_missing(tap: type[Tap], config: Config) -> None:
    run = run_tap(tap, config | {"account_ids": ["2", "77"]})
    assert run.exit_code == 3
    assert '{"id": "77"}: asked for in the setting account_ids' in run.last_line
    assert run.receipt.streams["accounts"].records == 1


# Bookmarks of lists


def test_a_bookmark_stays_behind_the_start_of_the_run(tap: type[Tap], config: Config, api: FakeApi) -> None:
    before = int(datetime.now(UTC).timestamp())
    api.on("GET", "/accounts/2/campaigns", {"items": [{"id": "21", "updated": before}]})
    run = run_tap(tap, config)
    after = int(datetime.now(UTC).timestamp())
    assert before - 660 < run.bookmark("campaigns", account_id="2") <= after - 600


def test_a_bookmark_of_another_column_is_not_believed(tap: type[Tap], config: Config) -> None:
    state = run_tap(tap, config).state
    for entry in state["bookmarks"]["campaigns"]["partitions"]:
        entry["replication_key"] = "created"
    assert len(run_tap(tap, config, state=state).records("campaigns")) == 4


def test_a_partition_is_its_key_not_what_it_carries(tap: type[Tap], config: Config, api: FakeApi) -> None:
    state = run_tap(tap, config).state
    api.on("GET", "/accounts", {"items": [{"id": "1", "zone": "Europe/Berlin"}]})
    run = run_tap(tap, config, state=state)
    assert len(run.state["bookmarks"]["campaign_days"]["partitions"]) == 2


def sorted_tap(tap: type[Tap]) -> type[Tap]:
    """The shop with campaigns that the API filters and sorts."""
    facts = {"params": {"changed": "since {since}"}, "since": True, "is_sorted": True}
    campaigns = type("SortedCampaigns", (next(s for s in tap.stream_types if s.name == "campaigns"),), facts)
    return type("TapSorted", (tap,), {"stream_types": (tap.stream_types[0], campaigns)})


def test_a_sorted_list_that_breaks_off_goes_on_from_its_last_row(tap: type[Tap], config: Config, api: FakeApi) -> None:
    rows = [{"id": "11", "updated": 1000}, {"id": "12", "updated": 2000}]
    api.on("GET", "/accounts/1/campaigns", [{"items": rows, "bookmark": "next"}, REFUSED, {"items": rows[1:]}])
    first = run_tap(sorted_tap(tap), config)
    assert first.exit_code == 3
    assert first.bookmark("campaigns", account_id="1") == 2000
    second = run_tap(sorted_tap(tap), config, state=first.state)
    assert second.exit_code == 0
    asked = [request.query.get("changed") for request in api.asked("/accounts/1/campaigns")]
    assert asked == [None, None, "since 2000"]


def test_trying_the_connection_tells_what_cannot_be_read(tap: type[Tap], config: Config, api: FakeApi) -> None:
    assert tap(config=config).run_connection_test()
    api.on("GET", "/accounts", REFUSED)
    with pytest.raises(ExtractionError, match="not permitted"):
        tap(config=config).run_connection_test()


# Rows


def test_numbers_leave_as_they_came(tap: type[Tap], config: Config, api: FakeApi) -> None:
    text = b'{"items": [{"id": "21", "updated": 1000, "budget": 0.10}, {"id": "22", "budget": 123456789012345678.90}]}'
    api.on("GET", "/accounts/2/campaigns", ApiAnswer(text))
    run = run_tap(tap, config)
    assert '"budget":0.10' in run.output
    assert '"budget":123456789012345678.90' in run.output


def test_a_column_that_the_schema_does_not_know_is_sent_and_told_once(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    api.on("GET", "/accounts/2/campaigns", {"items": [{"id": "21", "new": 1}, {"id": "22", "new": 2}]})
    run = run_tap(tap, config)
    assert [row["new"] for row in run.records("campaigns") if "new" in row] == [1, 2]
    assert run.errors.count("['new']") == 1


def test_state_grows_with_the_partitions_not_with_their_square(tap: type[Tap], config: Config, api: FakeApi) -> None:
    names = [str(number) for number in range(300)]
    api.on("GET", "/accounts", {"items": [{"id": name, "zone": "UTC"} for name in names]})
    for name in names:
        api.on("GET", f"/accounts/{name}/campaigns", {"items": [{"id": name, "updated": 1000}]})
    run = run_tap(tap, config, streams={"campaigns"})
    sizes = [len(line) for line in run.output.splitlines() if line.startswith('{"type":"STATE"')]
    assert sum(sizes) < 6 * sizes[-1]
    assert len(run.state["bookmarks"]["campaigns"]["partitions"]) == 300


# Facts that contradict each other


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({"window": Window(days=1)}, "replication_key"),
        ({"since": True}, "replication_key"),
        ({"final_until": "until"}, "no window"),
        ({"params": {"from": "{start}"}}, "nothing is called start here"),
        ({"path": "/odd/{account_id}"}, "nothing is called account_id here"),
        ({"body": {"a": ["{config.no_such}"]}}, "nothing is called config.no_such"),
        ({"context_columns": {"ID": "account_id"}}, "which its parents do not give"),
        ({"restricted_by": "no_such"}, "no setting of the tap"),
        ({"parent_stream_type": type("Elsewhere", (Stream,), {"name": "elsewhere"})}, "not in stream_types"),
    ],
)
def test_facts_that_contradict_each_other_are_refused_when_the_tap_is_made(
    tap: type[Tap], facts: dict[str, Any], complaint: str
) -> None:
    odd = type("Odd", (Stream,), {"name": "odd", "path": "/odd", **facts})
    with pytest.raises(ConfigError, match=f"stream Odd: .*{complaint}"):
        type("TapOdd", (tap,), {"stream_types": (*tap.stream_types, odd)})


@pytest.mark.slow
def test_two_taps_share_no_settings(tap: type[Tap]) -> None:
    own = (*tap.settings, Property("region", th.StringType))
    other = type("TapOther", (tap,), {"name": "tap-other", "settings": own})
    assert "region" in other.config_jsonschema["properties"]
    assert "region" not in tap.config_jsonschema["properties"]
