"""What the platform database knows of streams and runs, as the rooms that judge and show it want it."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
import psycopg
from dif_kit.errors import ConfigError, DeliveryError
from psycopg.rows import dict_row

from dif_ledger._leases import end_abandoned

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "URLS",
    "Covered",
    "Database",
    "RunFact",
    "StreamFacts",
    "connected",
    "of_runs",
    "of_streams",
    "require_address",
]

# The lease of a supervisor whose machine vanished ends after a minute, not after TCP's two hours.
_SESSION: Final = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=4"

Database = psycopg.Connection[Any]
URLS: Final = ("DIF_LEDGER_URL", "DIF_VAULT_URL")

_RUNS: Final = """
SELECT * FROM ledger.runs
WHERE started_at >= %(since)s AND (%(client)s::text IS NULL OR client = %(client)s)
ORDER BY started_at
"""
_STREAMS: Final = """
SELECT streams.*, runs.client, runs.tap, runs.kind, runs.started_at, runs.status, runs.cause, runs.message
FROM ledger.streams JOIN ledger.runs USING (run_id)
WHERE runs.started_at >= %(since)s AND (%(client)s::text IS NULL OR runs.client = %(client)s)
ORDER BY runs.started_at
"""
_WITHOUT_STREAMS: Final = """
SELECT runs.* FROM ledger.runs LEFT JOIN ledger.streams USING (run_id)
WHERE streams.run_id IS NULL AND runs.kind = 'live' AND runs.started_at >= %(since)s
AND runs.cause IS DISTINCT FROM 'duplicate_start' -- it did nothing, and the one under way speaks for itself
AND (%(client)s::text IS NULL OR runs.client = %(client)s)
"""
_FAILURES: Final = """
SELECT run_id, stream, partition FROM ledger.failures JOIN ledger.runs USING (run_id)
WHERE runs.kind = 'live' AND runs.started_at >= %(since)s AND (%(client)s::text IS NULL OR runs.client = %(client)s)
"""
_DELIVERIES: Final = """
SELECT deliveries.client, deliveries.tap, stream, covered, committed_at, coalesce(kind, 'live') AS kind,
    coalesce(runs.started_at, committed_at) AS read_at
FROM ledger.deliveries LEFT JOIN ledger.runs USING (run_id)
WHERE committed_at >= %(since)s AND (%(client)s::text IS NULL OR deliveries.client = %(client)s)
"""


class Covered(msgspec.Struct, frozen=True):
    """Days of one partition, first and last included, that a run has read, and when it began to."""

    partition: str
    first: date
    last: date
    at: datetime


class RunFact(msgspec.Struct, frozen=True):
    """What one run did for one stream; ``failed`` are the partitions that it could not read."""

    run_id: str
    started_at: datetime
    status: str
    cause: str = ""
    message: str = ""
    extracted: int = 0
    loaded: int = 0
    rejected: int = 0
    failed: tuple[str, ...] = ()


class StreamFacts(msgspec.Struct):
    """All that is known of a stream; ``runs`` are live ones, in the order of their starts.

    ``filled_in`` is what backfills and catch-ups covered; what of it lies among live days is in ``covered``, too.
    """

    client: str
    tap: str
    stream: str
    covered: list[Covered] = []
    filled_in: list[Covered] = []
    runs: list[RunFact] = []
    delivered_at: datetime | None = None


@contextmanager
def connected() -> Iterator[Database]:
    """The platform database; runs that nobody supervises any more have ended there.

    Raises:
        ConfigError: nobody said where it is.
        DeliveryError: it cannot be asked.
    """
    url = next((value for name in URLS if (value := os.environ.get(name))), None)
    if url is None:
        raise ConfigError("DIF_LEDGER_URL is not set: give the ledger's database, as postgresql://dif@host:5432/dif")
    require_address(url)
    try:
        with psycopg.connect(
            url, autocommit=True, connect_timeout=10, row_factory=dict_row, options=_SESSION
        ) as connection:
            with suppress(
                psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn
            ):  # `ledger init` is still to come
                end_abandoned(connection)
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise ConfigError("the platform database holds no ledger, or an older one: run `ledger init`") from None
    except psycopg.Error as error:
        raise DeliveryError(f"the platform database did not answer: {str(error).partition(chr(10))[0]}") from None


def require_address(url: str) -> None:
    """Refuse what is no address of a database, without showing it: it may hold a password; raises ConfigError."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ConfigError("DIF_LEDGER_URL is malformed: write it as postgresql://dif@host:5432/dif") from None


def of_runs(database: Database, since: datetime, client: str | None = None) -> list[dict[str, Any]]:
    """The runs that started since then, as the table has them."""
    return list(database.execute(_RUNS, {"since": since, "client": client}))


def of_streams(database: Database, now: datetime, client: str | None = None, days: int = 60) -> list[StreamFacts]:
    """Every stream that a live run has read lately. A run that died before it told its streams counts for each."""
    asked = {"since": now - timedelta(days=days), "client": client}
    found: dict[tuple[str, str, str], StreamFacts] = {}

    def stream(row: dict[str, Any]) -> StreamFacts:
        key = (row["client"], row["tap"], row["stream"])
        return found.setdefault(key, StreamFacts(*key))

    failed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in database.execute(_FAILURES, asked):
        failed[row["run_id"], row["stream"]].append(_named(row["partition"]))
    for row in database.execute(_STREAMS, asked):
        _take_run(stream(row), row, tuple(failed.get((row["run_id"], row["stream"]), ())))
    for row in database.execute(_DELIVERIES, asked):
        _take_delivery(stream(row), row)
    by_tap: dict[tuple[str, str], list[StreamFacts]] = defaultdict(list)
    for (client_name, tap, _), facts in found.items():
        by_tap[client_name, tap].append(facts)
    for row in database.execute(_WITHOUT_STREAMS, asked):
        every = by_tap.get((row["client"], row["tap"])) or [stream({**row, "stream": ""})]
        for facts in every:
            facts.runs.append(_run(row))
    for facts in found.values():
        facts.covered += _beside_live(facts)
        facts.runs.sort(key=lambda run: run.started_at)
    return sorted(found.values(), key=lambda each: (each.client, each.tap, each.stream))


def _take_run(facts: StreamFacts, row: dict[str, Any], failed: tuple[str, ...]) -> None:
    is_live = row["kind"] == "live"
    if is_live:
        facts.runs.append(msgspec.structs.replace(_run(row), failed=failed))
    if row["complete"]:
        days = facts.covered if is_live else facts.filled_in
        days += _covered(row["windows"], row["started_at"])


def _take_delivery(facts: StreamFacts, row: dict[str, Any]) -> None:
    if row["kind"] == "live":
        facts.covered += _covered(row["covered"], row["read_at"])
        facts.delivered_at = max(filter(None, (facts.delivered_at, row["committed_at"])))
    else:  # it must not hide that today's run is late
        facts.filled_in += _covered(row["covered"], row["read_at"])


def _beside_live(facts: StreamFacts) -> list[Covered]:
    """Of the days that were filled in, those since the first live one: older ones would show a gap before it."""
    begun: dict[str, date] = {}
    for each in facts.covered:
        begun[each.partition] = min(each.first, begun.get(each.partition, each.first))
    return [each for each in facts.filled_in if each.partition in begun and each.last >= begun[each.partition]]


def _run(row: dict[str, Any]) -> RunFact:
    return RunFact(
        row["run_id"],
        row["started_at"],
        row["status"],
        row["cause"] or "",
        row["message"] or "",
        row.get("extracted") or 0,
        row.get("loaded") or 0,
        row.get("rejected") or 0,
    )


def _covered(windows: list[dict[str, Any]] | None, at: datetime) -> list[Covered]:
    return [
        Covered(
            _named(window.get("partition")),
            date.fromisoformat(window["from"]),
            date.fromisoformat(window["to"]),
            at,
        )
        for window in windows or ()
    ]


def _named(partition: dict[str, Any] | None) -> str:
    return json.dumps(partition or {}, sort_keys=True)
