"""API to warehouse and files, killed and started again; forks stand in where the same was seen of real processes."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# Figures by targeting are ten times as many rows as all else; the tap's own tests compare them.
ALL = (
    *("ad_accounts", "campaigns", "ad_groups", "ads", "keywords", "audiences", "conversion_tags", "customer_lists"),
    *("boards", "board_sections", "board_pins", "board_section_pins", "user_account_analytics"),
    *("ad_account_analytics", "campaign_analytics", "ad_group_analytics", "ad_analytics"),
    *("advertiser_report", "campaign_report", "ad_group_report", "pin_promotion_report"),
)
FIGURES = ("campaigns", "campaign_analytics", "ad_analytics", "campaign_report")
TARGETS = ("target-redshift", "target-s3-csv")
REAL = {"popen": subprocess.Popen}


@pytest.mark.parametrize("target", TARGETS)
def test_every_stream_arrives_as_the_source_has_it(pipe: Any, target: str) -> None:
    whole = pipe(target=target, streams=ALL, **REAL)
    ended = whole.run()
    assert (ended.tap, ended.target) == (0, 0), ended.tap_error + ended.target_error
    assert ended.state["dif"]["complete"]
    assert whole.differences() == []


def test_a_second_run_asks_only_for_the_look_back(pipe: Any) -> None:
    figures = pipe(streams=("campaign_analytics",), tap_config={"lookback_days": 3})
    first = figures.run()
    second = figures.run(state=first.state)
    assert (second.tap, second.target) == (0, 0), second.tap_error + second.target_error
    log = figures.source().requests()
    asked = [entry["query"]["start_date"][0] for entry in log if entry["path"].endswith("/campaigns/analytics")]
    assert asked
    assert min(asked) >= "2026-10-28", f"the look-back is 3 days before {figures.tap_config['end_date']}"
    assert figures.differences() == []


@pytest.mark.parametrize("victim", ["tap", "target"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_killed_run_loses_nothing_and_repeats_nothing(pipe: Any, target: str, victim: str) -> None:
    """I1, I2: killed at several moments, each time started again from the state it left."""
    killed = pipe(target=target, streams=FIGURES, **REAL if target == TARGETS[0] else {})
    state = None
    for requests in (9, 40):
        state = killed.run(state=state, kill=victim, after_requests=requests).state
    ended = killed.run(state=state)
    assert (ended.tap, ended.target) == (0, 0), ended.tap_error + ended.target_error
    assert killed.differences() == []


@pytest.mark.parametrize("victim", ["tap", "target"])
def test_a_run_that_is_asked_to_stop_says_that_it_is_not_complete(pipe: Any, victim: str) -> None:
    """I4: SIGTERM, as a container gets it on every deployment."""
    stopped = pipe(streams=FIGURES, **REAL)
    ended = stopped.run(kill=victim, after_requests=10, with_signal=signal.SIGTERM)
    assert (ended.tap, ended.target) != (0, 0)
    assert not (ended.state or {}).get("dif", {}).get("complete", False)
    again = stopped.run(state=ended.state)
    assert (again.tap, again.target) == (0, 0), again.tap_error + again.target_error
    assert stopped.differences() == []
