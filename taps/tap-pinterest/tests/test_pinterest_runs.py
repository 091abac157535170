"""What the second run reads again, and what a stopped run leaves for the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dif_kit.testing import TapRun

DATED = ("campaign_analytics", "campaign_report")


def days_asked(pinterest: Any, path: str) -> set[tuple[str, str]]:
    """The ranges of days that were asked for at an endpoint."""
    return {(entry["query"]["start_date"][0], entry["query"]["end_date"][0]) for entry in pinterest.requests(path)}


def test_the_second_run_reads_no_more_than_the_look_back_again(pinterest: Any) -> None:
    long_ago = pinterest.day(-60)
    first = pinterest.run("campaign_analytics", start_date=long_ago)
    assert days_asked(pinterest, "/campaigns/analytics") == {(long_ago, pinterest.day(0))}
    pinterest.forget_requests()
    second = pinterest.run("campaign_analytics", start_date=long_ago, state=first.state)
    # Yesterday was the last whole day; 30 days before it are read again.
    assert days_asked(pinterest, "/campaigns/analytics") == {(pinterest.day(-31), pinterest.day(0))}
    assert min(row["DATE"] for row in second.records("campaign_analytics")) == pinterest.day(-31)


def test_a_setting_shortens_the_look_back(pinterest: Any) -> None:
    first = pinterest.run("ad_account_analytics")
    pinterest.forget_requests()
    pinterest.run("ad_account_analytics", state=first.state, lookback_days=1)
    assert days_asked(pinterest, "/analytics") == {(pinterest.day(-2), pinterest.day(0))}


@pytest.mark.parametrize("stream", [*DATED, "ad_group_targeting_report", "user_account_analytics"])
def test_restated_days_change(pinterest: Any, stream: str) -> None:
    pinterest.set_clock(-1)
    first = pinterest.run(stream, end_date=pinterest.day(-1))
    before = pinterest.held(stream, first.records(stream))
    assert before == pinterest.held(stream, pinterest.truth(stream))

    pinterest.set_clock(0)
    second = pinterest.run(stream, state=first.state)
    after = pinterest.held(stream, [*first.records(stream), *second.records(stream)])
    assert after == pinterest.held(stream, pinterest.truth(stream))
    assert any(after[key] != row for key, row in before.items())


def test_every_account_keeps_its_own_bookmark(pinterest: Any) -> None:
    run = pinterest.run(*DATED)
    for stream in DATED:
        partitions = run.state["bookmarks"][stream]["partitions"]
        assert {part["context"]["ad_account_id"] for part in partitions} == set(pinterest.account_ids())
        assert {part["replication_key_value"] for part in partitions} == {pinterest.day(-1)}


def test_the_receipt_says_which_days_of_which_account_are_whole(pinterest: Any) -> None:
    run = pinterest.run("campaign_report")
    windows = run.receipt.streams["campaign_report"].windows
    assert {(window.from_, window.to) for window in windows} == {(pinterest.day(-3), pinterest.day(0))}
    assert {window.partition["AD_ACCOUNT_ID"] for window in windows} == set(pinterest.account_ids())


def test_a_stopped_run_goes_on_where_it_was(pinterest: Any, tmp_path: Path) -> None:
    pinterest.misbehave({"match": "/ads/analytics", "kind": "slow", "seconds": 30, "times": None})
    stopped = run_until(pinterest, tmp_path, stream="ad_group_analytics")
    assert stopped.exit_code == 3
    assert "SIGTERM" in stopped.last_line
    assert not stopped.receipt.complete

    pinterest.misbehave()
    rest = pinterest.run(state=stopped.state)
    assert rest.exit_code == 0
    for stream in ("ad_group_analytics", "ad_analytics", "campaign_report", "board_section_pins"):
        rows = [*stopped.records(stream), *rest.records(stream)]
        assert pinterest.held(stream, rows) == pinterest.held(stream, pinterest.truth(stream))


def run_until(pinterest: Any, folder: Path, *, stream: str) -> TapRun:
    """Run the tap as a process, end it with SIGTERM as soon as the stream's first record is out."""
    config = folder / "config.json"
    config.write_text(json.dumps(pinterest.config))
    errors = folder / "errors.log"
    lines = []
    with (
        errors.open("w") as log,
        subprocess.Popen(
            [Path(sys.executable).with_name("tap-pinterest"), "--config", config],
            stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            message = json.loads(line)
            if message["type"] == "RECORD" and message["stream"] == stream:
                process.send_signal(signal.SIGTERM)
                break
        lines += process.stdout.readlines()
    return TapRun(process.returncode, "".join(lines), errors.read_text())
