"""What AWS Lambda calls: the planner, one job, and the check of what was promised."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from dif_kit.errors import ConfigError, DeliveryError, ExitCode
from dif_ledger.dispatch import connected, missing_days, past_runs

from dif_deploy._leases import planning
from dif_deploy._pairs import pairs
from dif_deploy._plan import Job, Plan, plan
from dif_deploy._prepare import BIN
from dif_deploy._runner import Ended, carry_out
from dif_deploy._settings import Settings, log_in

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_promises", "current_plan", "ended", "job_of", "plan_jobs", "run_job"]


class _Context(Protocol):
    """What Lambda says of this call."""

    def get_remaining_time_in_millis(self) -> int:
        """Until it ends the process."""


def plan_jobs(_event: Mapping[str, Any], _context: _Context) -> dict[str, Any]:
    """What is to be started now, for the Map of the state machine; raises DifError if nobody can say."""
    settings = _settings()
    with planning(settings) as is_ours:
        found = current_plan(settings, datetime.now(UTC)) if is_ours else Plan((), ())
    return {"jobs": msgspec.to_builtins(found.jobs), "waiting": len(found.waiting)}


def run_job(event: Mapping[str, Any], context: _Context) -> dict[str, Any]:
    """Carry out one job until it ends or hands over; raises DifError if the ledger does not know how it ended."""
    settings = _settings()
    settings.work.mkdir(parents=True, exist_ok=True)

    def stop_in() -> float:
        return context.get_remaining_time_in_millis() / 1000 - settings.hand_over_seconds

    return ended(carry_out(job_of(event), settings, stop_in))


def check_promises(_event: Mapping[str, Any], _context: _Context) -> dict[str, Any]:
    """`ledger check --notify`: who is to know hears what has changed; raises DeliveryError if it cannot be said."""
    settings = _settings()
    checked = subprocess.run(  # noqa: S603 - no shell
        [str(BIN / "ledger"), "check", "--notify", "--levels", str(settings.project / "clients")],
        env=dict(os.environ), check=False,
    )  # fmt: skip
    if checked.returncode not in {ExitCode.COMPLETE, ExitCode.PARTIAL}:
        raise DeliveryError("`ledger check --notify` did not come to an end: its log says why")
    return {"all_as_promised": checked.returncode == ExitCode.COMPLETE}


def current_plan(settings: Settings, now: datetime) -> Plan:
    """The plan of this moment; raises DifError if clients' files or the ledger cannot be read."""
    with connected() as database:
        runs = past_runs(database, now)
        missing = missing_days(database, settings.project / "clients", now)
    return plan(pairs(settings.project), runs, missing, now, settings.limits)


def job_of(event: Mapping[str, Any]) -> Job:
    """The job in an event; raises ConfigError if there is none."""
    try:
        return msgspec.convert(event, Job)
    except msgspec.ValidationError as error:
        raise ConfigError(f"the event is no job: {error}") from None


def ended(end: Ended) -> dict[str, Any]:
    """As the state machine reads it: the job's own fields, so that the next one takes it as it is, and ``status``."""
    return {**msgspec.to_builtins(end.job), "status": end.status.value}


def _settings() -> Settings:
    """Anew at each call: a process of Lambda outlives a password."""
    log_in(os.environ)
    os.chdir(Path(os.environ.get("MELTANO_PROJECT_ROOT", ".")))
    return Settings.of_environment()
