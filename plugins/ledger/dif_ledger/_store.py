"""What is written into the ledger's tables."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec
from dif_kit import migrations
from dif_kit.errors import DeliveryError
from psycopg.types.json import Jsonb

from dif_ledger._leases import hold, release

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dif_kit.delivery import Delivered

    from dif_ledger._facts import Database
    from dif_ledger._records import RunEnd, RunStart

__all__ = ["end_run", "migrate", "put_deliveries", "replace_deliveries", "start_run"]

_JSON: Final = frozenset({"covered", "partition", "request", "windows"})


def migrate(database: Database) -> list[str]:
    """Bring the tables up to this version of the code; the answer is what was applied.

    Raises:
        DeliveryError: the database is newer than the code, or an applied migration reads differently now.
    """
    with database.transaction(), database.cursor() as cursor:
        return migrations.migrate(
            cursor, "dif_ledger", schema="ledger", place="the platform database", refusal=DeliveryError
        )


def start_run(database: Database, run: RunStart) -> None:
    """Note that a run has begun, hold its lease; raises psycopg.errors.UniqueViolation if there is one of this id."""
    hold(database, run.run_id)
    database.execute(_statement("start_run"), asdict(run))


def end_run(database: Database, end: RunEnd) -> None:
    """Note how a run ended, with its streams and failures, all at once.

    Raises:
        DeliveryError: no such run is under way; an end that is noted is never overwritten.
    """
    facts = asdict(end)
    parts = {"put_stream": facts.pop("streams"), "put_failure": facts.pop("failures")}
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(_statement("end_run"), _stored(facts))
        if cursor.rowcount != 1:
            raise DeliveryError(f"run {end.run_id} is not under way, its end was not noted")
        for query, rows in parts.items():
            cursor.executemany(_statement(query), [_stored({"run_id": end.run_id, **row}) for row in rows])
    release(database, end.run_id)


def put_deliveries(database: Database, deliveries: Iterable[Delivered]) -> None:
    """Mirror committed units, all or none; one that is mirrored already stays as it is."""
    with database.transaction(), database.cursor() as cursor:
        cursor.executemany(_statement("put_delivery"), map(_row, deliveries))


def replace_deliveries(database: Database, place: tuple[str, str, str], deliveries: Iterable[Delivered]) -> None:
    """Mirror these units instead of all that are mirrored of a client, tap and destination, all or none."""
    with database.transaction():
        database.execute(_statement("delete_deliveries"), place)
        put_deliveries(database, deliveries)


def _row(delivered: Delivered) -> dict[str, Any]:
    covered = msgspec.to_builtins(list(delivered.covered))
    return _stored({**msgspec.structs.asdict(delivered), "covered": covered})


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    return {name: Jsonb(value) if name in _JSON and value is not None else value for name, value in row.items()}


@cache
def _statement(name: str) -> bytes:
    return files("dif_ledger").joinpath("sql", f"{name}.sql").read_bytes()
