"""Reports that a provider makes in its own time.

One file, though a long one: every test of it orders from one provider, which is told here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.decode import CsvRecords, JsonLines
from dif_kit.errors import ExitCode
from dif_kit.http import Match
from dif_kit.tap import FinalMark, Stream, Window
from dif_kit.testing import ApiAnswer, FakeApi, TapRun, run_tap

if TYPE_CHECKING:
    from dif_kit.tap import Tap

Config = dict[str, Any]


@pytest.fixture
def config(config: Config) -> Config:
    return config | {"account_ids": ["1"]}


def read(tap: type[Tap], config: Config) -> TapRun:
    return run_tap(tap, config, streams={"campaign_report"})


def polls(api: FakeApi, *answers: Any) -> None:
    api.on("GET", "/accounts/1/reports", list(answers))


def done(api: FakeApi, file: str = "/files/1") -> dict[str, str]:
    return {"status": "FINISHED", "url": api.url + file}


def test_a_report_is_ordered_polled_and_downloaded(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"}, {"status": "IN_PROGRESS"}, done(api))
    run = read(tap, config)
    assert run.exit_code == 0
    assert run.records("campaign_report") == [
        {"CAMPAIGN_ID": "11", "DATE": "2026-10-02", "SPEND": 3, "ACCOUNT_ID": "1"}
    ]
    order, *asked = [r for r in api.requests if r.path == "/accounts/1/reports"]
    assert order.json() == {
        "level": "CAMPAIGN",
        "range": {"start": "2026-10-01", "end": "2026-10-15"},
        "columns": ["SPEND"],
    }
    assert [request.query for request in asked] == [{"token": "job1"}] * 3


def test_a_file_on_another_host_is_fetched_without_the_credential(tap: type[Tap], config: Config, api: FakeApi) -> None:
    with FakeApi() as store:
        store.on("GET", "/bucket/file", {"11": [{"DATE": "2026-10-02"}]})
        polls(api, {"status": "FINISHED", "url": f"{store.url}/bucket/file?signature=abc"})
        assert read(tap, config).exit_code == 0
        [request] = store.requests
        assert "Authorization" not in request.headers
        assert request.query == {"signature": "abc"}


def test_a_link_that_has_expired_is_asked_for_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/files/old", ApiAnswer(b"<Error>AccessDenied</Error>", status=403))
    polls(api, done(api, "/files/old"), done(api))
    run = read(tap, config)
    assert run.exit_code == 0
    assert len(run.records("campaign_report")) == 1
    assert len([r for r in api.requests if r.method == "POST"]) == 1


def test_a_link_that_never_opens_is_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/files/old", ApiAnswer(b"gone", status=404))
    polls(api, done(api, "/files/old"))
    run = read(tap, config)
    assert run.exit_code == 3
    assert "the report's link is refused" in run.last_line


def test_a_report_that_has_expired_is_ordered_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports", [{"token": "a"}, {"token": "b"}])
    polls(api, {"status": "EXPIRED"}, done(api))
    assert read(tap, config).exit_code == 0
    assert [r.query["token"] for r in api.asked("/accounts/1/reports") if r.method == "GET"] == ["a", "b"]


@pytest.mark.parametrize("status", ["FAILED", "NEVER_HEARD_OF", None])
def test_a_report_that_failed_is_a_failure(tap: type[Tap], config: Config, api: FakeApi, status: Any) -> None:
    polls(api, {"status": status})
    run = read(tap, config)
    assert run.exit_code == 3
    assert f"the report ended as {status!r}" in run.last_line
    assert "campaign_report" not in run.state["bookmarks"]


def test_done_without_rows_is_success(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "FINISHED", "url": None})
    run = read(tap, config)
    assert run.exit_code == 0
    assert run.receipt.streams["campaign_report"].windows[0].to == "2026-10-15"
    assert run.bookmark("campaign_report", account_id="1") == "2026-10-15"


def test_a_report_that_is_too_large_comes_in_halves(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "TOO_BIG"}, done(api), done(api))
    assert read(tap, config).exit_code == 0
    whole, *halves = [r.json()["range"] for r in api.requests if r.method == "POST"]
    assert whole == {"start": "2026-10-01", "end": "2026-10-15"}
    assert sorted(halves, key=lambda half: half["start"]) == [  # ordered side by side, so in either order
        {"start": "2026-10-01", "end": "2026-10-08"},
        {"start": "2026-10-09", "end": "2026-10-15"},
    ]


def test_a_report_that_takes_too_long_is_left_to_a_later_run(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    hasty = type("Hasty", (report,), {"deadline_seconds": 0.01})
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    run = read(type("TapHasty", (tap,), {"stream_types": (*others, hasty)}), config)
    assert run.exit_code == ExitCode.DEFERRED
    assert "not done after" in run.last_line
    assert not run.receipt.complete


def test_half_a_file_is_fetched_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.before("GET", "/files/1", ApiAnswer(b'{"11": [{"DATE"'), ApiAnswer({"11": []}, cut=True))
    run = read(tap, config)
    assert run.exit_code == 0
    assert len(run.records("campaign_report")) == 1


def test_a_csv_report_takes_its_types_from_the_schema(tap: type[Tap], config: Config, api: FakeApi) -> None:
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    textual = type("Textual", (report,), {"records": CsvRecords()})
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    api.on("GET", "/files/1", ApiAnswer(b"CAMPAIGN_ID,DATE,SPEND\n11,2026-10-02,0.10\n12,2026-10-02,\n"))
    run = read(type("TapTextual", (tap,), {"stream_types": (*others, textual)}), config)
    assert '"DATE":"2026-10-02","SPEND":0.10' in run.output
    assert run.records("campaign_report")[1]["SPEND"] is None


def test_a_submission_without_a_job_is_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports", {"message": "ok"})
    run = read(tap, config)
    assert run.exit_code == 3
    assert "holds no 'token'" in run.last_line


# Several at once, and over runs


def many_accounts(api: FakeApi, count: int) -> None:
    names = [str(number) for number in range(count)]
    api.on("GET", "/accounts", {"items": [{"id": name, "zone": "UTC"} for name in names]})
    for name in names:
        api.on("POST", f"/accounts/{name}/reports", {"token": f"job{name}"})
        api.on("GET", f"/files/{name}", {name: [{"DATE": "2026-10-02"}]})


def with_facts(tap: type[Tap], **facts: Any) -> type[Tap]:
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    return type("TapOfFacts", (tap,), {"stream_types": (*others, type("OfFacts", (report,), facts))})


def test_several_reports_are_made_at_once_but_no_more_than_the_provider_allows(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    many_accounts(api, 12)
    under_way: set[str] = set()
    most: list[int] = []

    def ordered(request: Any) -> Any:
        name = request.path.split("/")[2]
        under_way.add(name)
        most.append(len(under_way))
        return {"token": f"job{name}"}

    def asked(request: Any) -> Any:
        name = request.path.split("/")[2]
        if len(api.asked(request.path)) < 5:
            return {"status": "IN_PROGRESS"}
        under_way.discard(name)
        return {"status": "FINISHED", "url": f"{api.url}/files/{name}"}

    for number in range(12):
        api.on("POST", f"/accounts/{number}/reports", ordered)
        api.on("GET", f"/accounts/{number}/reports", asked)
    everything = {key: value for key, value in config.items() if key != "account_ids"}
    run = read(with_facts(tap, jobs_in_flight=3, poll_seconds=(0.01, 0.02)), everything)
    assert run.exit_code == 0
    assert [row["CAMPAIGN_ID"] for row in run.records("campaign_report")] == [str(number) for number in range(12)]
    # The one whose rows are due is begun in any case.
    assert 2 <= max(most) <= 4


def test_a_report_that_was_not_ready_is_picked_up_by_the_next_run(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    first = read(with_facts(tap, deadline_seconds=0.01), config)
    assert first.exit_code == ExitCode.DEFERRED
    [entry] = first.state["bookmarks"]["campaign_report"]["partitions"]
    assert [job["id"] for job in entry["jobs"]] == ["job1"]
    assert "replication_key_value" not in entry
    polls(api, done(api))
    second = run_tap(tap, config, streams={"campaign_report"}, state=first.state)
    assert second.exit_code == 0
    assert second.records("campaign_report") != []
    assert len([request for request in api.requests if request.method == "POST"]) == 1
    assert "jobs" not in second.state["bookmarks"]["campaign_report"]["partitions"][0]


def test_a_report_that_a_second_run_does_not_see_done_either_is_not_ordered_again(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    hasty = with_facts(tap, deadline_seconds=0.01)
    first = read(hasty, config)
    second = run_tap(hasty, config, streams={"campaign_report"}, state=first.state)
    assert second.exit_code == ExitCode.DEFERRED
    assert second.state["bookmarks"] == first.state["bookmarks"]
    assert len([request for request in api.requests if request.method == "POST"]) == 1


def test_beside_a_real_failure_a_report_that_is_not_ready_makes_the_run_partial(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    api.on("GET", "/accounts/2/reports", [{"status": "FAILED"}])
    run = read(with_facts(tap, deadline_seconds=0.01), config | {"account_ids": ["1", "2"]})
    assert run.exit_code == ExitCode.PARTIAL
    assert {part.partition["account_id"] for part in run.receipt.failed} == {"1", "2"}


@pytest.mark.parametrize(
    "answer", [{"status": "EXPIRED"}, {"status": "FAILED"}, ApiAnswer({"message": "no such report"}, status=404)]
)
def test_a_report_of_an_earlier_run_that_is_gone_is_ordered_again(
    tap: type[Tap], config: Config, api: FakeApi, answer: Any
) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    first = read(with_facts(tap, deadline_seconds=0.01), config)
    polls(api, answer, done(api))
    second = run_tap(tap, config, streams={"campaign_report"}, state=first.state)
    assert second.exit_code == 0
    assert len([request for request in api.requests if request.method == "POST"]) == 2


def test_a_report_of_other_days_is_not_picked_up(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    first = read(with_facts(tap, deadline_seconds=0.01), config)
    polls(api, done(api))
    later = config | {"end_date": "2026-10-16"}
    assert run_tap(tap, later, streams={"campaign_report"}, state=first.state).exit_code == 0
    assert len([request for request in api.requests if request.method == "POST"]) == 2


def test_an_old_report_is_not_picked_up(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    state = read(with_facts(tap, deadline_seconds=0.01), config).state
    [job] = state["bookmarks"]["campaign_report"]["partitions"][0]["jobs"]
    job["submitted_at"] = "2020-01-01T00:00:00Z"
    polls(api, done(api))
    assert run_tap(tap, config, streams={"campaign_report"}, state=state).exit_code == 0
    assert len([request for request in api.requests if request.method == "POST"]) == 2


def test_an_order_that_is_refused_as_a_duplicate_names_the_report(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports", ApiAnswer({"code": "425", "detail": "a duplicate of : job1"}, status=425))
    polls(api, done(api))
    verdicts = replace(tap.stream_types[-1].verdicts, ok=frozenset({Match(status=425)}))
    run = read(with_facts(tap, duplicate_job=r"duplicate of : (\w+)", verdicts=verdicts), config)
    assert run.exit_code == 0, run.last_line
    assert {
        request.query["token"] for request in api.requests if request.path.endswith("reports") and request.query
    } == {"job1"}


def test_a_duplicate_that_is_another_report_is_not_taken_for_it(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports", ApiAnswer({"detail": "a duplicate of : job1"}, status=425))
    polls(api, done(api) | {"columns": ["SPEND", "CLICKS"]})
    verdicts = replace(tap.stream_types[-1].verdicts, ok=frozenset({Match(status=425)}))
    wary = with_facts(
        tap, duplicate_job=r"duplicate of : (\w+)", duplicate_holds=("level", "columns"), verdicts=verdicts
    )
    run = read(wary, config)
    assert run.exit_code == ExitCode.DEFERRED
    assert "'level' is None" in run.last_line
    assert run.records("campaign_report") == []
    polls(api, done(api) | {"level": "CAMPAIGN", "columns": ["SPEND"]})
    assert read(wary, config).exit_code == 0


def test_a_poll_may_have_a_body_and_days_their_numbers(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports/poll", [{"status": "IN_PROGRESS"}, done(api)])
    day = {"year": "{start.year}", "month": "{start.month}", "day": "{start.day}"}
    facts = {
        "poll_path": "/accounts/1/reports/poll",
        "poll_method": "POST",
        "poll_params": {},
        "poll_body": {"id": "{job}", "note": None},
        "body": {"from": day, "zone": None},
    }
    assert read(changed(tap, **facts), config).exit_code == 0
    [order] = [r.json() for r in api.asked("/accounts/1/reports")]
    assert order == {"from": {"year": 2026, "month": 10, "day": 1}, "zone": None}
    assert [r.json() for r in api.asked("/accounts/1/reports/poll")] == [{"id": "job1", "note": None}] * 2


@pytest.mark.parametrize(
    ("moment", "reached"), [("10/12/2026 10:15:00 PM", "2026-10-12"), ("10/12/2026 1:15:00 PM", "2026-10-11")]
)
def test_a_mark_in_a_file_holds_the_bookmark_back_in_the_account_s_zone(
    tap: type[Tap], config: Config, api: FakeApi, moment: str, reached: str
) -> None:
    report = f'"Done: {moment} (GMT)"\r\n"DATE","CAMPAIGN_ID"\r\n"2026-10-02","11"\r\n'
    api.on("GET", "/files/1", report.encode())
    polls(api, done(api))
    facts = {
        "records": CsvRecords(header_has="DATE"),
        "final_until": FinalMark("Done", "%m/%d/%Y %I:%M:%S %p (GMT)", "UTC"),
        "window": Window(days=186, zone="Asia/Tokyo"),
    }
    run = read(changed(tap, **facts), config)
    assert run.exit_code == 0
    assert run.bookmark("campaign_report", account_id="1") == reached


def test_each_service_of_a_provider_has_its_host(
    tap: type[Tap], config: Config, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stream, "service", "0.0.1")
    polls(api, done(api))
    port = api.url.rpartition(":")[2]
    run = read(tap, config | {"api_url": "http://127.{service}:" + port})
    assert run.exit_code == 0
    assert run.records("campaign_report")


def test_a_region_that_a_parent_names_has_its_host(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, done(api))
    regional = changed(tap, service="region-{account_id}", hosts={"region-1": ""})
    run = read(regional, config | {"api_url": api.url + "{service}"})
    assert run.exit_code == 0, run.last_line
    assert run.records("campaign_report")


def changed(tap: type[Tap], **facts: Any) -> type[Tap]:
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    return type("TapChanged", (tap,), {"stream_types": (*others, type("Changed", (report,), facts))})


# Files whose lines are told, and jobs that streams share


@pytest.mark.parametrize(("told", "ending"), [("2", 0), (2, 0), ("3", 3), ("1", 3), (None, 3)])
def test_a_file_holds_as_many_lines_as_the_provider_says(
    tap: type[Tap], config: Config, api: FakeApi, told: Any, ending: int
) -> None:
    polls(api, done(api) | {"count": told})
    api.on(
        "GET", "/files/1", b'{"DATE": "2026-10-02", "CAMPAIGN_ID": "11"}\n{"DATE": "2026-10-03", "CAMPAIGN_ID": "11"}\n'
    )
    run = read(changed(tap, records=JsonLines(), lines="count"), config)
    assert run.exit_code == ending
    assert len(run.records("campaign_report")) == (0 if ending else 2)
    assert ending == 0 or f"holds 2 lines, the provider says that it has {told}" in run.last_line


def test_streams_whose_jobs_are_counted_together_share_what_is_allowed(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    many_accounts(api, 4)
    under_way: set[str] = set()
    most: list[int] = []

    def ordered(request: Any) -> Any:
        job = f"{request.path.split('/')[2]}-{len(most)}"
        under_way.add(job)
        most.append(len(under_way))
        return {"token": job}

    def asked(request: Any) -> Any:
        job = request.query["token"]
        if sum(other.query.get("token") == job for other in api.asked(request.path)) < 5:
            return {"status": "IN_PROGRESS"}
        under_way.discard(job)
        return {"status": "FINISHED", "url": f"{api.url}/files/{job.partition('-')[0]}"}

    for number in range(4):
        api.on("POST", f"/accounts/{number}/reports", ordered)
        api.on("GET", f"/accounts/{number}/reports", asked)
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    facts = {"jobs_in_flight": 2, "jobs_name": "jobs of all", "poll_seconds": (0.01, 0.02)}
    twin = type("Twin", (report,), {**facts, "name": "twin_report", "schema": report.schema})
    one = type("One", (report,), facts)
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    both = type("TapOfTwins", (tap,), {"stream_types": (*others, one, twin)})
    everything = {key: value for key, value in config.items() if key != "account_ids"}
    run = run_tap(both, everything, streams={"campaign_report", "twin_report"})
    assert run.exit_code == 0
    assert len(run.records("twin_report")) == len(run.records("campaign_report")) == 4
    # The one whose rows are due is begun in any case.
    assert 2 <= max(most) <= 3
