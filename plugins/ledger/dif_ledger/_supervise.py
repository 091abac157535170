"""The supervised run: noted before it starts, judged by receipts when it has ended, told to whoever asked for it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from dif_kit.delivery import Incidents, new_run_id
from dif_kit.errors import DifError

from dif_ledger._grid import story
from dif_ledger._judge import Changes, judge
from dif_ledger._pipe import PipeEnd
from dif_ledger._rebuild import committed
from dif_ledger._records import Kind, RunEnd, RunStart, Status
from dif_ledger._store import end_run, put_deliveries, start_run
from dif_ledger._telemetry import Told, publish

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from dif_kit.delivery import Delivered

    from dif_ledger._facts import Database

__all__ = ["Pipe", "close", "supervise"]


class Pipe(Protocol):
    """A tap and a target that can be run as one."""

    def run(self, log: Path, environment: Mapping[str, str]) -> PipeEnd:
        """Run both to their ends; raises ConfigError if one cannot be started."""


def supervise(
    database: Database,
    whose: Told,
    pipe: Pipe,
    target_config: Mapping[str, Any],
    *,
    command: str,
    logs: Path,
    kind: Kind = Kind.LIVE,
    run_id: str | None = None,
    asked: Collection[str] = (),
) -> RunEnd:
    """Run the pipe, for the streams ``asked`` if they were named, and note what became of it; how it ended.

    The run's id is in the environment of both ends (``DIF_RUN_ID``), in the name of its log and in the ledger. Whether
    it is done is judged by the tap's receipt and by what the destination committed under that id.

    Raises:
        DifError: a plugin cannot be started, the log not be written, or the destination not be asked what it has. The
            run is noted as failed and unproven by then.
    """
    run_id = run_id or new_run_id()
    log = logs / whose.client / f"{run_id}.log"
    started = datetime.now(UTC)
    start_run(
        database,
        RunStart(run_id, whose.client, whose.tap, whose.target, started, command, kind, str(log)),
    )
    try:
        ended = pipe.run(log, {**os.environ, "DIF_RUN_ID": run_id})
        units = list(committed(whose.target, target_config, run_id))
    except DifError as error:
        end_run(database, RunEnd(run_id, datetime.now(UTC), Status.FAILED, cause="unproven", message=str(error)))
        raise
    end = _ending(run_id, ended, units, target_config, asked)
    put_deliveries(database, units)
    end_run(database, end)
    told = story(database, whose.client, whose.tap, run_id)
    for complaint in publish(whose, told) if told is not None else ():
        sys.stderr.write(f"ledger: {complaint}\n")
    return end


def close(
    database: Database,
    whose: Told,
    run_id: str,
    state: Mapping[str, Any] | None,
    target_config: Mapping[str, Any],
    *,
    asked: Collection[str],
) -> RunEnd:
    """Note the end of a run whose witness was killed: by the STATE it left and by what the destination has of it.

    Raises:
        DifError: the destination cannot be asked; the run is as it was.
    """
    units = list(committed(whose.target, target_config, run_id))
    end = _ending(run_id, PipeEnd(state, (), was_stopped=True), units, target_config, asked)
    put_deliveries(database, units)
    end_run(database, end)
    return end


def _changes(target_config: Mapping[str, Any]) -> Changes:
    if target_config.get("mapper_between"):
        return Changes.MAPPER_BETWEEN
    return Changes.STREAM_MAPS if target_config.get("stream_maps") else Changes.NONE


def _ending(
    run_id: str,
    ended: PipeEnd,
    units: list[Delivered],
    target_config: Mapping[str, Any],
    asked: Collection[str],
) -> RunEnd:
    judgement = judge(run_id, ended, units, changes=_changes(target_config), asked=asked)
    met = Incidents.find(ended.said)
    return RunEnd(
        run_id,
        datetime.now(UTC),
        judgement.status,
        cause=judgement.cause,
        message=judgement.message,
        retry_at=judgement.retry_at,
        tap_exit=ended.tap_exit,
        target_exit=ended.target_exit,
        waited_seconds=met.waited_seconds,
        retries=met.retries,
        request=None if met.request is None else msgspec.to_builtins(met.request),
        streams=judgement.streams,
        failures=judgement.failures,
    )
