"""What others are told of a run; that they cannot be reached never ends one."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from dif_ledger._grid import Run, Story
from dif_ledger._telemetry import Told, publish

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Inbox

TOLD = Told('ac"me\\', "tap-pinterest", "target-redshift")


def story(status: str = "done") -> Story:
    run = Run("run-1", datetime(2026, 11, 26, 4, tzinfo=UTC), 90.0, status, "live", 10, 3, "throttled", retries=2)
    stream = {"stream": "ads", "extracted": 10, "staged": 10, "loaded": 7, "rejected": 3}
    return Story(run, (stream,), ())


def test_nobody_is_told_unless_somebody_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(TOLD, story(), {}) == []
    assert capsys.readouterr() == ("", "")


def test_metrics_are_prometheus_text_put_in_place_whole(tmp_path: Path) -> None:
    told = Told("acme", "tap-pinterest", "target-redshift")
    assert publish(told, story("failed"), {"DIF_LEDGER_PROMETHEUS": str(tmp_path / "text")}) == []
    (file,) = (tmp_path / "text").iterdir()
    assert file.name == "dif_acme_tap-pinterest.prom"
    text = file.read_text()
    assert 'dif_stream_rows{client="acme",tap="tap-pinterest",stream="ads",state="loaded"} 7\n' in text
    assert 'dif_run_status{client="acme",tap="tap-pinterest",status="failed"} 1\n' in text
    assert "dif_run_ended_timestamp_seconds{" in text
    sample = re.compile(r'[a-z_]+\{([a-z]+="(?:[^"\\\n]|\\.)*",?)+\} [0-9.e+]+')
    assert all(line.startswith("# ") or sample.fullmatch(line) for line in text.splitlines())


def test_metrics_for_cloudwatch_are_one_line_that_names_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(TOLD, story(), {"DIF_LEDGER_EMF": "1"}) == []
    line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert all(metric["Name"] in line for metric in directive["Metrics"])
    assert (line["Loaded"], line["Seconds"], line["_aws"]["Timestamp"]) == (7, 90, 1795665690000)


def test_an_event_of_lineage_says_what_became_of_each_stream(inbox: Inbox) -> None:
    assert publish(TOLD, story("partial"), {"OPENLINEAGE_URL": inbox.url, "OPENLINEAGE_API_KEY": "k"}) == []
    ((path, body),) = inbox.received
    event = json.loads(body)
    assert (path, event["eventType"], event["eventTime"]) == (
        "/api/v1/lineage", "OTHER", "2026-11-26T04:01:30+00:00",
    )  # fmt: skip
    assert event["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 7
    assert [each["name"] for each in event["inputs"]] == ["ads"]


def test_spans_go_where_the_environment_says(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", inbox.url)
    assert publish(TOLD, story()) == []
    assert {path for path, _ in inbox.received} == {"/v1/traces"}
    sent = b"".join(body for _, body in inbox.received)
    assert b"run tap-pinterest" in sent
    assert b"stream ads" in sent


def test_whoever_cannot_be_told_does_not_end_the_run(inbox: Inbox, tmp_path: Path) -> None:
    inbox.refuse = True
    (tmp_path / "file").touch()
    given = {"OPENLINEAGE_URL": inbox.url, "DIF_LEDGER_PROMETHEUS": str(tmp_path / "file")}
    failed = publish(TOLD, story(), given)
    assert [line.partition(":")[0] for line in failed] == ["DIF_LEDGER_PROMETHEUS", "OPENLINEAGE_URL"]
    assert "HTTP 503" in failed[1]
