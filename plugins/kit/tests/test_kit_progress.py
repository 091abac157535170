"""What a person at a terminal sees of a run, and what a log does not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget, connect
from dif_kit.tap._metered import MeteredLimiter
from dif_kit.tap._progress import Place, Progress, is_watched
from dif_kit.testing import FakeApi, run_tap

if TYPE_CHECKING:
    from dif_kit.tap import Tap

Config = dict[str, Any]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dif_kit.tap._progress._SECONDS", 0.01)


@pytest.mark.usefixtures("impatient")
def test_a_line_names_the_stream_its_records_and_of_how_many_parts(
    tap: type[Tap], config: Config, api: FakeApi
) -> None:
    told: list[str] = []

    def days(request: Any) -> Any:
        if (request.query["from"], request.query["ids"]) == ("2026-10-11", "13"):
            while not told:  # the run hangs here; its rows so far are told
                told.extend(line for line in sys.stderr.getvalue().splitlines() if ": 5 records," in line)
        return [{"CAMPAIGN_ID": name, "DATE": "2026-10-02"} for name in request.query["ids"].split(",")]

    api.on("GET", "/accounts/1/analytics", days)
    run = run_tap(tap, config | {"progress": True}, streams={"campaign_days"})
    assert run.exit_code == 0
    assert told[0].startswith("tap-shop: campaign_days: 5 records, partition 1 of 2, day 11 of 15, ")
    assert "records/s" in told[0]


@pytest.mark.usefixtures("impatient")
def test_nobody_is_told_who_does_not_watch(tap: type[Tap], config: Config) -> None:
    assert "records/s" not in run_tap(tap, config).errors


@pytest.mark.parametrize(
    ("setting", "environment", "is_told"),
    [
        (None, {}, False),  # standard error of a test is no terminal
        (None, {"DIF_PROGRESS": "1"}, True),
        (None, {"DIF_PROGRESS": "1", "CI": "true"}, True),
        (None, {"DIF_PROGRESS": "0"}, False),
        (True, {"DIF_PROGRESS": "0"}, True),
        (False, {"DIF_PROGRESS": "1"}, False),
    ],
)
def test_who_watches(setting: bool | None, environment: dict[str, str], is_told: bool) -> None:
    assert is_watched(setting, environment) is is_told


def test_the_time_that_budgets_cost_is_told() -> None:
    limiter = MeteredLimiter(connect(None))
    budget = Budget("slow", ("1/s paced guard 0ms",))
    for _ in range(2):
        with limiter.acquire({budget: ""}):
            pass
    limiter.close()
    assert limiter.waited_seconds > 0.5
    progress = Progress("tap-x", lambda: None, lambda: limiter.waited_seconds)
    progress.close()
    line = progress.line(Place("ads", 1234, 2000, ("partition 3 of 9+",)))
    assert line.startswith("tap-x: ads: 1,234 records, partition 3 of 9+, ")
    assert line.endswith("1 s waited for budgets")
