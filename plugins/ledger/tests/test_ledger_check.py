"""Service levels: what is late, broken, missing or empty is told, each cause once."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from conftest import Book, Inbox

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
YESTERDAY, BEFORE = "2026-11-25", "2026-11-24"


class Checks:
    """``ledger check`` with the levels of a test."""

    def __init__(self, command: Callable[..., Any], folder: Path) -> None:
        self._command = command
        self._folder = folder
        self.levels("zone: UTC")

    def levels(self, text: str, client: str = "default") -> None:
        (self._folder / f"{client}.levels.yml").write_text(text)

    def __call__(self, *options: str, now: datetime = NOW) -> Any:
        when = now.strftime("%Y-%m-%dT%H:%M:%S%z")
        return self._command("check", "--levels", str(self._folder), "--now", when, *options)

    def verdict(self, **moment: Any) -> tuple[str, str]:
        """State and cause of the only stream."""
        ended = self("--json", **moment)
        (found,) = json.loads(ended.out)["verdicts"]
        assert (ended.code == 3) == (found["state"] in ("late", "broken"))
        return found["state"], found["cause"]


@pytest.fixture
def check(command: Callable[..., Any], tmp_path: Path) -> Checks:
    return Checks(command, tmp_path)


def report(day: str = YESTERDAY, **facts: Any) -> dict[str, Any]:
    return {"ads": {"windows": [("1", "2026-11-01", day), ("2", "2026-11-01", day)], **facts}}


def test_a_stream_is_fresh_until_the_hour_at_which_the_next_day_is_due(book: Book, check: Checks) -> None:
    book.run(NOW - timedelta(hours=5), streams=report())
    assert check.verdict() == ("fresh", "")
    assert check.verdict(now=NOW + timedelta(hours=23)) == ("fresh", "")
    assert check.verdict(now=NOW + timedelta(days=1)) == ("late", "late")


def test_the_hour_is_the_accounts_own(book: Book, check: Checks) -> None:
    """At 9:30 in London it is 4:30 in New York: yesterday is not due yet there, but the day before is."""
    book.run(NOW - timedelta(hours=5), streams=report(BEFORE))
    assert check.verdict() == ("late", "late")
    check.levels("zone: America/New_York")
    assert check.verdict() == ("fresh", "")
    check.levels('levels: [{due: "10:00"}]')
    assert check.verdict() == ("fresh", "")


def test_the_day_that_one_account_lacks_is_not_complete(book: Book, check: Checks) -> None:
    windows = [("1", "2026-11-01", YESTERDAY), ("2", "2026-11-01", BEFORE)]
    book.run(NOW - timedelta(hours=5), streams={"ads": {"windows": windows}})
    assert check.verdict() == ("late", "late")


def test_a_day_that_was_not_over_when_it_was_read_is_not_complete(book: Book, check: Checks) -> None:
    """A run reads until its own today: the one of yesterday morning has not all of yesterday."""
    book.run(NOW - timedelta(days=1, hours=4), streams=report(YESTERDAY))
    assert check.verdict() == ("late", "late")
    check.levels('levels: [{due: "10:00"}]')
    assert check.verdict() == ("fresh", "")
    check.levels("levels: [{lag_days: 0, due: '23:00'}]")  # it asks for no more than what the day itself has so far
    assert check.verdict() == ("fresh", "")
    check.levels("zone: UTC")
    book.run(NOW - timedelta(hours=4), status="deferred", cause="throttled", streams={"ads": {"windows": []}})
    assert check.verdict() == ("late", "throttled")
    book.run(NOW - timedelta(hours=1), streams=report(NOW.date().isoformat()))
    assert check.verdict() == ("fresh", "")


def test_a_run_that_was_started_twice_alarms_nobody(book: Book, check: Checks) -> None:
    """The second one did nothing, and says nothing of what the first one does."""
    book.run(NOW - timedelta(hours=5), streams=report())
    book.run(NOW - timedelta(hours=5), status="failed", cause="duplicate_start")
    assert check.verdict() == ("fresh", "")


@pytest.mark.parametrize("was_read_once", [False, True])
def test_an_account_that_is_refused_is_not_hidden_by_the_others(
    book: Book, check: Checks, *, was_read_once: bool
) -> None:
    """Neither since its first day, nor for so long that nobody remembers its last one."""
    once = [("3", "2026-11-01", "2026-11-10")] if was_read_once else []
    windows = [("1", "2026-11-01", YESTERDAY), ("2", "2026-11-01", YESTERDAY)]
    book.run(NOW - timedelta(days=12), streams={"ads": {"windows": [*windows, *once]}})
    facts = {"status": "partial", "cause": "partition_failed", "message": "no access"}
    run_id = book.run(NOW - timedelta(hours=5), streams={"ads": {"windows": windows}}, **facts)
    failure = {"run_id": run_id, "stream": "ads", "reason": "no access"}
    book._insert("failures", {**failure, "partition": json.dumps({"account": "1"})})
    assert check.verdict() == ("provisional", "partition_failed")  # what is due of it is there
    book._insert("failures", {**failure, "partition": json.dumps({"account_id": 3})})
    assert check.verdict() == ("broken", "partition_failed")
    book.run(NOW - timedelta(hours=4), streams={"ads": {"windows": windows}})
    assert check.verdict() == ("fresh", "")


def test_zero_rows_that_were_expected_differ_from_rows_that_are_missing(book: Book, check: Checks) -> None:
    check.levels("levels: [{expects_rows: true}]")
    book.run(NOW - timedelta(hours=5), streams=report(extracted=0))
    assert check.verdict() == ("broken", "zero_rows")
    check.levels("levels: [{expects_rows: false}]")
    assert check.verdict() == ("fresh", "")
    assert check.verdict(now=NOW + timedelta(days=2)) == ("late", "late")


def test_a_day_between_that_was_never_read_is_named_for_catching_up(book: Book, check: Checks) -> None:
    book.run(NOW - timedelta(days=4), streams={"ads": {"windows": [("1", "2026-11-01", "2026-11-20")]}})
    book.run(NOW - timedelta(hours=5), streams={"ads": {"windows": [("1", "2026-11-23", YESTERDAY)]}})
    assert check.verdict() == ("late", "days_missing")
    missing = json.loads(check("--json").out)["missing"]
    assert missing == [[f"2026-11-{day}", "acme", "tap-pinterest", "ads"] for day in (21, 22)]


def test_rows_outside_the_band_of_the_same_weekday_are_told(book: Book, check: Checks) -> None:
    check.levels("levels: [{band: 0.5}]")
    for week in range(5, 0, -1):
        book.run(NOW - timedelta(weeks=week, hours=5), streams=report(BEFORE, extracted=1000 + week))
        book.run(NOW - timedelta(weeks=week, hours=-43), streams=report(BEFORE, extracted=10))  # weekends are quiet
    book.run(NOW - timedelta(hours=5), streams=report(extracted=900))
    assert check.verdict() == ("fresh", "")
    book.run(NOW - timedelta(hours=4), streams=report(extracted=300))
    assert check.verdict() == ("broken", "rows_unusual")


@pytest.mark.parametrize(
    ("facts", "rejected", "verdict"),
    [
        ({"status": "failed", "cause": "token_expired"}, 0, ("broken", "token_expired")),
        ({"status": "partial", "cause": "account_forbidden"}, 0, ("provisional", "account_forbidden")),
        ({"status": "deferred", "cause": "throttled"}, 0, ("provisional", "throttled")),
        ({"status": "running"}, 0, ("provisional", "running")),
        ({"status": "done"}, 3, ("broken", "rows_rejected")),
    ],
)
def test_how_the_last_run_ended_counts(
    book: Book, check: Checks, facts: dict[str, str], rejected: int, verdict: tuple[str, str]
) -> None:
    book.run(NOW - timedelta(hours=5), streams=report())
    book.run(NOW - timedelta(hours=1), streams=report(rejected=rejected), **facts)
    assert check.verdict() == verdict


def test_a_run_that_died_before_it_told_its_streams_breaks_each_of_them(book: Book, check: Checks) -> None:
    book.run(NOW - timedelta(hours=5), streams={**report(), "pins": {}})
    book.run(NOW - timedelta(hours=1), status="failed", cause="tap_died")
    ended = check()
    assert ended.code == 3
    assert "tap-pinterest tap died: acme" in ended.out
    assert "ads, pins of acme" in ended.out
    assert "look: ledger status acme tap-pinterest" in ended.out
    assert "check: 0 of 2 streams are as promised" in ended.out


@pytest.mark.parametrize(
    ("text", "told"),
    [("levels: [{bands: 0.5}]", "bands"), ("levels: [{due: nine}]", "nine"), ("zone: Mars/Phobos", "Mars/Phobos")],
)
def test_a_level_that_cannot_be_meant_so_is_refused(book: Book, check: Checks, text: str, told: str) -> None:
    book.run(NOW, streams=report())
    check.levels(text)
    ended = check()
    assert ended.code == 2
    assert "default.levels.yml" in ended.error
    assert told in ended.error


class Mail:
    """A mail server's hand."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as aiosmtpd calls it
        self.received.append(envelope.content.decode())
        return "250 taken"


@pytest.fixture
def mail() -> Iterator[tuple[Mail, int]]:
    hand = Mail()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(hand, hostname="127.0.0.1", port=port)
    controller.start()
    yield hand, port
    controller.stop()


@pytest.fixture
def everywhere(inbox: Inbox, mail: tuple[Mail, int], monkeypatch: pytest.MonkeyPatch) -> Mail:
    """Every channel, each a real server."""
    monkeypatch.setenv("DIF_LEDGER_SLACK_URL", f"{inbox.url}/slack")
    monkeypatch.setenv("DIF_LEDGER_WEBHOOK_URL", f"{inbox.url}/hook")
    monkeypatch.setenv("DIF_LEDGER_SMTP_URL", f"smtp://127.0.0.1:{mail[1]}/?from=dif@example.com&to=a@example.com")
    monkeypatch.setenv("DIF_LEDGER_SNS_TOPIC", "arn:aws:sns:eu-west-1:123456789012:oncall")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", f"{inbox.url}/sns")
    return mail[0]


def test_one_cause_is_one_notice_for_all_clients_told_once_until_it_changes(
    book: Book, check: Checks, inbox: Inbox, everywhere: Mail
) -> None:
    for number in range(14):
        facts = {"status": "failed", "cause": "token_expired", "message": "sign in again <now>"}
        book.run(NOW - timedelta(hours=1), client=f"client-{number:02d}", streams=report(), **facts)
    book.run(NOW - timedelta(hours=1), client="fine", streams=report())
    assert check("--notify").code == 3
    assert [path for path, _ in inbox.received] == ["/slack", "/hook", "/sns"]
    assert json.loads(inbox.received[0][1])["text"].startswith("*tap-pinterest token expired: 14 clients*\nsign in")
    assert "&lt;now&gt;" in json.loads(inbox.received[0][1])["text"]
    hook = json.loads(inbox.received[1][1])
    assert (hook["cause"], len(hook["clients"]), hook["state"]) == ("token_expired", 14, "broken")
    assert b"Action=Publish" in inbox.received[2][1]
    assert "Subject: [dif] tap-pinterest token expired: 14 clients" in everywhere.received[0]
    check("--notify")
    assert (len(inbox.received), len(everywhere.received)) == (3, 1)
    book.run(NOW - timedelta(minutes=5), client="client-03", streams=report())
    check("--notify")
    assert "tap-pinterest is well again: client-03" in json.loads(inbox.received[3][1])["text"]
    assert (len(inbox.received), len(everywhere.received)) == (6, 2)


def test_a_channel_that_was_down_hears_of_it_later_the_others_not_twice(
    book: Book, check: Checks, inbox: Inbox, everywhere: Mail
) -> None:
    book.run(NOW - timedelta(hours=1), streams=report(), status="failed", cause="throttled")
    inbox.refuse = True
    ended = check("--notify")
    assert ended.code == 1
    assert "Slack did not take the notice: HTTP 503" in ended.error
    assert inbox.url not in ended.error
    assert len(everywhere.received) == 1
    inbox.refuse = False
    check("--notify")
    assert len(inbox.received) == 3
    assert len(everywhere.received) == 1
