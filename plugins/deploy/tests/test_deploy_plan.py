"""What runs next follows from what the ledger knows, whatever was down meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dif_deploy._pairs import Pair, pairs
from dif_deploy._plan import Carrier, Limits, Plan, Reason, plan
from dif_kit.errors import ConfigError
from dif_ledger.dispatch import PastRun
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
ACME = Pair("acme", "tap-x", "target-y", ("0 4,16 * * *",))  # its last slot is two hours ago


def minutes(count: float) -> datetime:
    """So many minutes ago."""
    return NOW - timedelta(minutes=count)


def run(began: float, status: str = "done", *, took: float = 5, client: str = "acme", **facts: Any) -> PastRun:
    ended = None if status == "running" else minutes(began - took)
    given_facts: dict[str, Any] = {"kind": "live", **facts}
    return PastRun(client, "tap-x", "target-y", given_facts.pop("kind"), minutes(began), ended, status, **given_facts)


def planned(*runs: PastRun, missing: str | None = None, limits: Limits | None = None, pair: Pair = ACME) -> Plan:
    days = {} if missing is None else {(pair.client, pair.tap): missing}
    return plan([pair], sorted(runs, key=lambda each: each.started_at), days, NOW, limits or Limits())


def reason(*runs: PastRun, missing: str | None = None) -> Reason | None:
    jobs = planned(*runs, missing=missing).jobs
    return jobs[0].reason if jobs else None


def test_a_slot_that_nobody_ran_is_due_however_long_ago_it_was() -> None:
    (job,) = planned(run(24 * 60)).jobs
    assert (job.reason, job.due_at) == (Reason.SCHEDULE, datetime(2026, 11, 27, 4, 0, tzinfo=UTC))
    assert reason(run(119)) is None


def test_what_is_under_way_is_not_started_again_by_any_kind_of_run() -> None:
    assert reason(run(20, "running")) is None
    assert reason(run(24 * 60), run(20, "running", kind="backfill")) is None


def test_a_deferred_run_comes_back_at_its_time_and_not_at_the_slot_before_it() -> None:
    assert reason(run(13 * 60, "deferred", cause="deferred", retry_at=minutes(-30))) is None
    assert reason(run(60, "deferred", cause="deferred", retry_at=minutes(1))) is Reason.DEFERRED


def test_failures_are_tried_again_ever_later_and_only_so_often_a_slot() -> None:
    assert reason(run(14, "failed")) is None  # ended 9 minutes ago
    assert reason(run(16, "failed")) is Reason.RETRY
    assert reason(run(60, "failed"), run(24, "failed")) is None  # ended 19 minutes ago
    assert reason(run(60, "failed"), run(26, "partial", cause="partition_failed")) is Reason.RETRY
    four = [run(began, "failed") for began in (110, 90, 70, 66)]
    assert reason(*four) is None
    assert reason(*(run(began + 12 * 60, "failed") for began in (110, 90, 70, 66))) is Reason.SCHEDULE


def test_a_run_that_was_stopped_goes_on_at_once_but_not_for_ever() -> None:
    assert reason(run(10, "partial", cause="stopped")) is Reason.GO_ON
    assert reason(run(10, "failed", cause="stopped")) is None  # nothing was loaded: that is a failure
    assert reason(*(run(8 * n, "partial", cause="stopped") for n in range(1, 14))) is None


def test_missing_days_are_filled_in_beside_a_live_run_that_is_done() -> None:
    (job,) = planned(run(60), missing="2026-11-20").jobs
    assert (job.reason, job.carrier) == (Reason.CATCH_UP, Carrier.ECS)
    assert reason(run(60), run(12, "failed", kind="catch_up"), missing="2026-11-20") is None
    later = run(50, "deferred", kind="catch_up", retry_at=minutes(-5))
    assert reason(run(60), later, missing="2026-11-20") is None


def test_a_pair_starts_in_lambda_once_its_whole_runs_are_short() -> None:
    day = 24 * 60
    assert planned().jobs[0].carrier is Carrier.ECS
    assert planned(run(day, took=7)).jobs[0].carrier is Carrier.LAMBDA
    assert planned(run(day, took=9)).jobs[0].carrier is Carrier.ECS
    in_parts = [run(day, "partial", cause="stopped", took=7), run(day - 8, took=7)]
    assert planned(*in_parts).jobs[0].carrier is Carrier.ECS


def test_making_up_comes_before_new_work_and_filling_in_does_not_push_it_out() -> None:
    names = [f"c{number}" for number in range(12)]
    the_pairs = [Pair(name, "tap-x", "target-y", ("0 4 * * *",)) for name in names]
    runs = [run(60, client=name) for name in names[:6]]  # these miss days alone
    runs.append(run(60, "partial", cause="stopped", client="c6"))
    missing = {(name, "tap-x"): f"2026-11-{10 + n}" for n, name in enumerate(names[:6])}
    found = plan(the_pairs, sorted(runs, key=lambda each: each.started_at), missing, NOW, Limits(places=6))
    reasons = [job.reason.value for job in found.jobs]
    assert reasons == ["go_on", "catch_up", "catch_up", "catch_up", "schedule", "schedule"]
    assert [job.client for job in found.jobs[1:4]] == ["c0", "c1", "c2"]
    assert len(found.waiting) == 6


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]),
            st.floats(6, 600),
            st.sampled_from(["done", "failed", "partial", "deferred", "running"]),
            st.sampled_from(["live", "backfill", "catch_up"]),
        ),
        max_size=12,
    ),
    st.integers(0, 5),
)
def test_never_two_jobs_of_a_pair_nor_more_than_there_are_places(
    told: list[tuple[str, float, str, str]], places: int
) -> None:
    runs = [run(began, status, client=client, kind=kind) for client, began, status, kind in told]
    runs.sort(key=lambda each: each.started_at)
    the_pairs = [Pair(name, "tap-x", target, ("0 4 * * *",)) for name in "abcd" for target in ("target-y", "target-z")]
    found = plan(the_pairs, runs, {("a", "tap-x"): "2026-11-01"}, NOW, Limits(places=places))
    running = {each.client for each in runs if each.status == "running"}
    clients = [job.client for job in found.jobs]
    assert len(clients) == len(set(clients))
    assert not running & {job.client for job in (*found.jobs, *found.waiting)}
    assert len(clients) <= max(0, places - sum(each.status == "running" for each in runs))


def test_every_client_of_this_project_can_be_planned() -> None:
    found = {(pair.client, pair.tap, pair.target) for pair in pairs(ROOT)}
    assert ("acme", "tap-pinterest", "target-redshift") in found
    assert all(pair.last_slot(NOW) <= NOW for pair in pairs(ROOT))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("{name: a, interval: every day, job: j}", "'every day' is no cron expression"),
        ("{name: a, interval: '@daily', job: k}", "names the job 'k'"),
    ],
)
def test_a_schedule_that_means_nothing_is_named(tmp_path: Path, schedule: str, message: str) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "meltano.yml").write_text("jobs: [{name: j, tasks: [tap-x target-y]}]")
    (tmp_path / "clients" / "acme.meltano.yml").write_text(f"schedules: [{schedule}]")
    with pytest.raises(ConfigError, match=message):
        pairs(tmp_path)
