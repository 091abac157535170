"""What a run tells others when it ends: metrics, spans, lineage. Off unless configured; never the end of a run."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec
import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_ledger._grid import Story

__all__ = ["Told", "metrics_text", "publish"]

logger = logging.getLogger(__name__)

_SECONDS: Final = 5
_REFUSED: Final = 400
_PRODUCER: Final = "dif-ledger"
# OpenLineage 2-0-2, https://openlineage.io/spec/2-0-2/OpenLineage.json (read 2026-11).
_SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_STATISTICS: Final = "https://openlineage.io/spec/facets/1-0-2/OutputStatisticsOutputDatasetFacet.json"
_EVENTS: Final = {"done": "COMPLETE", "failed": "FAIL", "partial": "OTHER", "deferred": "ABORT"}
_HELP: Final = {
    "dif_run_ended_timestamp_seconds": "When the last run ended.",
    "dif_run_seconds": "How long the last run took.",
    "dif_run_waited_seconds": "How long the last run waited for budgets.",
    "dif_run_retries": "Requests that the last run sent again.",
    "dif_run_status": "1 for the status of the last run, 0 for the others.",
    "dif_stream_rows": "Rows of the last run by what became of them.",
}
_STATUSES: Final = ("done", "partial", "deferred", "failed")
_COUNTS: Final = ("extracted", "staged", "loaded", "rejected")


class Told(msgspec.Struct, frozen=True):
    """Whose run it was."""

    client: str
    tap: str
    target: str


def publish(told: Told, story: Story, environment: Mapping[str, str] | None = None) -> list[str]:
    """Tell everybody that the environment names of a run that has ended; what went wrong, one line each.

    DIF_LEDGER_PROMETHEUS: a folder for the node exporter's text files. DIF_LEDGER_EMF=1: one line of CloudWatch's
    embedded metric format on standard output. OTEL_EXPORTER_OTLP_ENDPOINT: spans, with the extra ``telemetry``.
    OPENLINEAGE_URL: an event, with OPENLINEAGE_API_KEY and OPENLINEAGE_ENDPOINT as its own clients read them.
    """
    given = os.environ if environment is None else environment
    ways: dict[str, Callable[[Mapping[str, str], Told, Story], None]] = {
        "DIF_LEDGER_PROMETHEUS": _prometheus,
        "DIF_LEDGER_EMF": _emf,
        "OTEL_EXPORTER_OTLP_ENDPOINT": _spans,
        "OPENLINEAGE_URL": _lineage,
    }
    failed = []
    for name, tell in ways.items():
        if given.get(name):
            try:
                tell(given, told, story)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run has ended as it has
                failed.append(f"{name}: {type(error).__name__}: {error}")
                logger.warning("telemetry was not taken: %s", failed[-1])
    return failed


def metrics_text(told: Told, story: Story) -> str:
    """The metrics of a run in Prometheus' text format 0.0.4."""
    run = story.run
    of_run = {"client": told.client, "tap": told.tap}
    ended = run.started_at.timestamp() + (run.seconds or 0)
    samples: dict[str, list[tuple[dict[str, str], float]]] = {
        "dif_run_ended_timestamp_seconds": [(of_run, ended)],
        "dif_run_seconds": [(of_run, run.seconds or 0)],
        "dif_run_waited_seconds": [(of_run, run.waited_seconds)],
        "dif_run_retries": [(of_run, run.retries)],
        "dif_run_status": [({**of_run, "status": status}, float(status == run.status)) for status in _STATUSES],
        "dif_stream_rows": [
            ({**of_run, "stream": each["stream"], "state": count}, each[count] or 0)
            for each in story.streams
            for count in _COUNTS
        ],
    }
    lines = []
    for name, values in samples.items():
        lines += [f"# HELP {name} {_HELP[name]}", f"# TYPE {name} gauge"]
        lines += [f"{name}{{{_labels(labels)}}} {value:.17g}" for labels, value in values]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    def escaped(text: str) -> str:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    return ",".join(f'{name}="{escaped(text)}"' for name, text in labels.items())


def _prometheus(given: Mapping[str, str], told: Told, story: Story) -> None:
    """A file for each client and tap, put in place whole: the exporter may read at any moment."""
    folder = Path(given["DIF_LEDGER_PROMETHEUS"])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".dif-", delete=False) as file:
        file.write(metrics_text(told, story))
    whole = Path(file.name)
    whole.chmod(0o644)
    whole.replace(folder / f"dif_{quote(told.client, safe='')}_{quote(told.tap, safe='')}.prom")


def _emf(_given: Mapping[str, str], told: Told, story: Story) -> None:
    """CloudWatch, "Specification: Embedded metric format" (read 2026-11)."""
    run = story.run
    counts = {name: sum(each[name] or 0 for each in story.streams) for name in _COUNTS}
    values = {"Seconds": run.seconds or 0, "WaitedSeconds": run.waited_seconds, "Retries": run.retries}
    values |= {name.capitalize(): count for name, count in counts.items()}
    values |= {"Failed": int(run.status == "failed"), "Partial": int(run.status == "partial")}
    units = {"Seconds": "Seconds", "WaitedSeconds": "Seconds"}
    directive = {
        "Namespace": "dif",
        "Dimensions": [["client", "tap"], ["tap"]],
        "Metrics": [{"Name": name, "Unit": units.get(name, "Count")} for name in values],
    }
    line = {
        "_aws": {"Timestamp": int(_ended(story).timestamp() * 1000), "CloudWatchMetrics": [directive]},
        "client": told.client,
        "tap": told.tap,
        "run_id": run.run_id,
        "status": run.status,
        **values,
    }
    sys.stdout.write(json.dumps(line) + "\n")


def _spans(_given: Mapping[str, str], told: Told, story: Story) -> None:
    """A span for the run, one below it for each stream; the exporter reads its settings from the environment."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415
    from opentelemetry.trace import Status, StatusCode, set_span_in_context  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": "dif"}), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(timeout=_SECONDS)))
    tracer = provider.get_tracer(_PRODUCER)
    start, end = int(story.run.started_at.timestamp() * 1e9), int(_ended(story).timestamp() * 1e9)
    named = {"client": told.client, "tap": told.tap, "run_id": story.run.run_id, "status": story.run.status}
    facts = {f"dif.{name}": value for name, value in named.items()}
    run = tracer.start_span(f"run {told.tap}", start_time=start, attributes=facts)
    for each in story.streams:
        counted = {f"dif.{name}": each[name] or 0 for name in _COUNTS}
        below = tracer.start_span(
            f"stream {each['stream']}", context=set_span_in_context(run), start_time=start, attributes=counted
        )
        below.end(end)
    if story.run.status == "failed":
        run.set_status(Status(StatusCode.ERROR, story.run.cause))
    run.end(end)
    provider.shutdown()


def _lineage(given: Mapping[str, str], told: Told, story: Story) -> None:
    """One event: which streams of a provider have become which tables of a client."""
    event = {
        "eventType": _EVENTS.get(story.run.status, "OTHER"),
        "eventTime": _ended(story).isoformat(),
        "producer": _PRODUCER,
        "schemaURL": _SCHEMA,
        "run": {"runId": str(uuid5(NAMESPACE_URL, f"dif:run:{story.run.run_id}")), "facets": {}},
        "job": {"namespace": f"dif.{told.client}", "name": f"{told.tap}.{told.target}", "facets": {}},
        "inputs": [{"namespace": told.tap, "name": each["stream"], "facets": {}} for each in story.streams],
        "outputs": [
            {
                "namespace": f"{told.target}.{told.client}",
                "name": each["stream"],
                "outputFacets": {
                    "outputStatistics": {
                        "_producer": _PRODUCER,
                        "_schemaURL": _STATISTICS,
                        "rowCount": each["loaded"] or 0,
                    }
                },
            }
            for each in story.streams
        ],
    }
    url = given["OPENLINEAGE_URL"].rstrip("/") + "/" + given.get("OPENLINEAGE_ENDPOINT", "api/v1/lineage")
    headers = {"Content-Type": "application/json"}
    if key := given.get("OPENLINEAGE_API_KEY"):
        headers["Authorization"] = f"Bearer {key}"
    answer = requests.post(url, data=msgspec.json.encode(event), headers=headers, timeout=_SECONDS)
    if answer.status_code >= _REFUSED:
        raise OSError(f"HTTP {answer.status_code}")


def _ended(story: Story) -> datetime:
    return datetime.fromtimestamp(story.run.started_at.timestamp() + (story.run.seconds or 0), UTC)
