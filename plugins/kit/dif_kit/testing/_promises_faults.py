"""What a tap promises while its provider misbehaves, or somebody ends the run."""
# ruff: noqa: S101 - these are tests: they assert, and their names say what

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from dif_kit.errors import ExitCode
from dif_kit.testing._altered import AlteredApi
from dif_kit.testing._api import ApiAnswer
from dif_kit.testing._subject import content

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dif_kit.tap import Stream
    from dif_kit.testing._api import ApiRequest
    from dif_kit.testing._run import TapRun
    from dif_kit.testing._subject import Subject

__all__ = ["FaultPromises"]

_FAULTS_A_PATH: Final = 2
# A tap pays its retries from a purse; an API that fails everywhere is given up, and should be.
_FAULTY_PATHS: Final = 12
_HTML: Final = ApiAnswer(b"<html>please log in</html>", status=200, headers={"Content-Type": "text/html"})
_FAULTS: Final = (
    ApiAnswer({"message": "slow down"}, status=429, headers={"Retry-After": "0.001"}),
    ApiAnswer({"message": "broken"}, status=500),
    ApiAnswer(b"<html>unavailable</html>", status=503, headers={"Content-Type": "text/html"}),
    ApiAnswer(b'{"cut":', status=200),
    ApiAnswer({"torn": "off"}, status=200, cut=True),
    _HTML,
)
# Longer than any tap waits before it hands the run back.
_LONG_WAIT: Final = 86_000
_ONE_REQUEST: Final = "{}/day"  # of the costliest
# So many requests at most are each tried as the moment of a signal; in a longer run, the one in the middle.
_EVERY_REQUEST: Final = 24
_ROUNDS: Final = 20


class FaultPromises:
    """Promises about what is lost (nothing), told (everything that is missing) and hidden (secrets)."""

    def test_429_500_503_and_half_answers_lose_nothing(self, subject: Subject) -> None:
        calm = subject.calm()
        told: Counter[str] = Counter()

        def interrupt(request: ApiRequest) -> ApiAnswer | None:
            # Two faults a path: with the kinds in turn, every kind meets some path of a tap with more than one.
            told[request.path] += 1
            kind = (len(told) * _FAULTS_A_PATH + told[request.path]) % len(_FAULTS)
            is_met = told[request.path] <= _FAULTS_A_PATH and len(told) <= _FAULTY_PATHS
            return _FAULTS[kind] if is_met else None

        subject.api.interrupt = interrupt
        stormy = subject.run()
        assert stormy.exit_code == 0, stormy.last_line
        assert content(stormy) == content(calm)

    def test_a_page_of_html_is_never_an_empty_list(self, subject: Subject) -> None:
        subject.calm()
        subject.api.interrupt = _only(subject.forbidden, _HTML)
        run = subject.run()
        assert run.exit_code, f"{subject.forbidden} answered with a page of HTML, and the run says that all is there"
        assert not run.receipt.complete

    def test_retry_after_is_obeyed(self, subject: Subject) -> None:
        subject.calm()
        asked = len(subject.api.asked(subject.forbidden))
        answer = ApiAnswer({"message": "slow down"}, status=429, headers={"Retry-After": str(_LONG_WAIT)})
        subject.api.interrupt = _only(subject.forbidden, answer)
        run = subject.run(concurrency=1)
        assert run.exit_code == ExitCode.DEFERRED, (
            f"a 429 with Retry-After: {_LONG_WAIT} must end the run as deferred (75) until then, not with "
            f"{run.exit_code}: {run.last_line}"
        )
        again = len(subject.api.asked(subject.forbidden)) - asked
        assert again == 1, f"{subject.forbidden} was asked {again} times though it said when to come back"

    def test_budgets_are_honoured(self, subject: Subject) -> None:
        budgets = [budget for stream in subject.streams() for budget in stream.budgets]
        costs = {budget.name: max(b.cost for b in budgets if b.name == budget.name) for budget in budgets}
        calm = len(subject.calm_paths())
        before = len(subject.api.requests)
        run = subject.run(budgets={name: [_ONE_REQUEST.format(cost)] for name, cost in sorted(costs.items())})
        assert run.exit_code == ExitCode.DEFERRED, (
            f"with budgets of one request a day the run must end as deferred (75), not with {run.exit_code}: "
            f"{run.last_line}"
        )
        assert len(subject.api.requests) - before < calm, "budgets of one request a day held nothing back"

    def test_a_forbidden_partition_does_not_stop_the_others(self, subject: Subject) -> None:
        calm = subject.calm()
        subject.api.interrupt = _only(subject.forbidden, ApiAnswer({"message": "forbidden"}, status=403))
        run = subject.run()
        assert run.exit_code == ExitCode.PARTIAL, (
            f"{subject.forbidden} was refused with 403, so the run is partial (3); it ends with {run.exit_code}: "
            f"{run.last_line}"
        )
        assert not run.receipt.complete
        failed = {part.stream for part in run.receipt.failed}
        assert failed, "a partition was refused, but the receipt names none that failed"
        assert all(part.reason for part in run.receipt.failed)
        touched = failed | set(_below(failed, subject))
        untouched = {name for name in calm.receipt.streams if name not in touched}
        lost = sorted(name for name in untouched if run.records(name) != calm.records(name))
        assert not lost, f"one forbidden partition of {sorted(failed)} cost rows of {lost}"
        made_up = sorted(n for n in touched if any(row not in calm.records(n) for row in run.records(n)))
        assert not made_up, f"with one forbidden partition, rows of {made_up} are others than without"

    def test_no_secret_shows(self, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LOGLEVEL", "DEBUG")
        refusal = ApiAnswer({"message": json.dumps(dict(subject.credential))}, status=403)
        subject.api.interrupt = _only(subject.forbidden, refusal)
        run = subject.run()
        for name, value in subject.credential.items():
            if name != "client_id":
                for place, text in (("a message", run.output), ("the log", run.errors)):
                    assert value not in text, f"the secret {name!r} of the credential stands in {place}"

    def test_an_empty_page_in_the_middle_does_not_end_a_list(self, subject: Subject) -> None:
        calm, altered, count = subject.calm(), AlteredApi(subject), 0

        def interrupt(request: ApiRequest) -> ApiAnswer | None:
            nonlocal count
            answer = altered.with_empty_page(request)
            count += answer is not None
            return answer

        subject.api.interrupt = interrupt
        run = subject.run()
        if not count:
            pytest.skip("no stream goes to the next page by what the answer says")
        assert run.exit_code == 0, run.last_line
        lost = sorted(name for name in calm.receipt.streams if len(run.records(name)) < len(calm.records(name)))
        assert not lost, f"{', '.join(lost)}: the list ended at an empty page though it led on to the next"

    def test_pages_that_go_round_are_a_failure(self, subject: Subject) -> None:
        altered, path = AlteredApi(subject), ""

        def interrupt(request: ApiRequest) -> ApiAnswer | None:
            nonlocal path
            answer = altered.with_same_token(request) if path in {"", request.path} else None
            path = path or (request.path if answer is not None else "")
            if len(subject.api.asked(path)) > _ROUNDS:
                return ApiAnswer({"message": "enough"}, status=403)
            return answer

        subject.calm()
        subject.api.requests.clear()
        subject.api.interrupt = interrupt
        run = subject.run()
        if not path:
            pytest.skip("no stream goes to the next page by what the answer says")
        rounds = len(subject.api.asked(path))
        assert rounds <= _ROUNDS, f"{path}: every page led to itself, and the tap followed without end"
        assert run.exit_code, f"{path}: its pages go round, and the run says that all is there"

    def test_a_signal_in_the_middle_loses_nothing(self, subject: Subject) -> None:
        calm, requests = subject.calm(), len(subject.calm_paths())
        every = range(1, requests + 1)
        for moment in every if requests <= _EVERY_REQUEST else (requests // 2,):
            subject.api.requests.clear()
            subject.api.interrupt = _signal_at(moment, subject)
            stopped = subject.run(concurrency=1)
            subject.api.interrupt = lambda _request: None
            if moment == requests and stopped.exit_code == 0:
                assert subject.keyed(stopped).keys() == subject.keyed(calm).keys()
                continue  # the last answer was there before the signal was heard: there was nothing left to stop
            assert stopped.exit_code == ExitCode.PARTIAL, (
                f"SIGTERM at request {moment} of {requests} must end the run as partial (3), not with "
                f"{stopped.exit_code}: {stopped.last_line}"
            )
            assert not stopped.receipt.complete
            rest = subject.run(state=stopped.state)
            assert rest.exit_code == 0, rest.last_line
            lost = _lost(subject, calm, stopped, rest)
            assert not lost, (
                f"after SIGTERM at request {moment} of {requests} the next run goes on behind rows that were never "
                f"sent: a bookmark is ahead of the data. Lost: {lost[:3]}"
            )


def _below(failed: set[str], subject: Subject) -> Iterator[str]:
    """The streams that are read for each row of a failed one: where its rows are missing, theirs are."""
    for stream in subject.streams():
        above = cast("type[Stream] | None", stream.parent_stream_type)
        while above is not None:
            if above.name in failed:
                yield stream.name
            above = cast("type[Stream] | None", above.parent_stream_type)


def _only(path: str, answer: ApiAnswer) -> Callable[[ApiRequest], ApiAnswer | None]:
    return lambda request: answer if request.path == path else None


def _lost(subject: Subject, calm: TapRun, stopped: TapRun, rest: TapRun) -> list[tuple[Any, ...]]:
    """The keys of rows that neither the run that was stopped nor the one after it sent, nor read anew."""
    missing = subject.keyed(calm)
    for key in subject.keyed(stopped).keys() | subject.keyed(rest).keys():
        missing.pop(key, None)
    days = {stream.name: stream.replication_key for stream in subject.streams() if stream.window is not None}
    return sorted(
        key
        for key, record in missing.items()
        if not _was_read_anew(rest, key[0], str(record.get(days.get(key[0]) or "")), record)
    )


def _was_read_anew(rest: TapRun, stream: str, day: str, record: Mapping[str, Any]) -> bool:
    """Whether a run covered a day again: it then had what the provider says of it now."""
    told = rest.receipt.streams.get(stream)
    return told is not None and any(
        covered.from_ <= day[:10] <= covered.to
        for covered in told.windows
        if all(str(record.get(column)) == str(value) for column, value in covered.partition.items())
    )


def _signal_at(moment: int, subject: Subject) -> Callable[[ApiRequest], ApiAnswer | None]:
    def interrupt(_request: ApiRequest) -> None:
        if len(subject.api.requests) == moment:
            os.kill(os.getpid(), signal.SIGTERM)

    return interrupt
