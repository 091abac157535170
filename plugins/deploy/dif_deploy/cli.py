"""The command that ECS and people call."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from dif_kit.errors import ConfigError, DifError, ExitCode

from dif_deploy._runner import ALIVE, How, carry_out
from dif_deploy._settings import Settings, log_in
from dif_deploy.handlers import current_plan, ended, job_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_deploy._plan import Plan

__all__ = ["main"]

_ALIVE_SECONDS: Final = 60
_WORSE: Final = {How.PARTIAL: ExitCode.PARTIAL, How.FAILED: ExitCode.FAILED}
_SEVERITY: Final = (ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.COMPLETE)


class _Command(click.Group):
    """Ends with one line and a code of `dif_kit.errors.ExitCode` where a person can do something about it."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run the command."""
        try:
            return super().main(*arguments, **options)
        except DifError as error:
            click.echo(f"dif-deploy: {error}", err=True)
            sys.exit(int(error.exit_code))


@click.group(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Decide what is due, and run it where there is no terminal."""


@main.command("plan")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def plan_command(*, as_json: bool) -> None:
    """Show what is due now and what waits for a place; nothing is started.

    Example: dif-deploy plan
    """
    log_in(os.environ)
    found = current_plan(Settings.of_environment(), datetime.now(UTC))
    if as_json:
        click.echo(json.dumps({"jobs": msgspec.to_builtins(found.jobs), "waiting": msgspec.to_builtins(found.waiting)}))
        return
    _show(found)


@main.command("run")
@click.argument("job")
def run_command(job: str) -> None:
    """Carry out one JOB, as the plan has it (JSON). SIGTERM stops it; what is loaded is kept and gone on from.

    Ends with 0 if the ledger knows how it went, whatever that is: the planner decides what follows. Else with 1.

    Example: dif-deploy run '{"client": "acme", "tap": "tap-pinterest", "target": "target-redshift", "carrier": "ecs",
    "reason": "schedule", "due_at": "2026-11-27T04:30:00Z"}'
    """
    log_in(os.environ)
    settings = _settings()
    stop_in = _until_stopped()
    try:
        event = json.loads(job)
    except ValueError:
        raise click.BadParameter("it is no JSON", param_hint="JOB") from None
    click.echo(json.dumps(ended(carry_out(job_of(event), settings, stop_in))))


@main.command("due")
@click.option("--client", help="Of this client alone.")
@click.option("--tap", help="Of this tap alone.")
@click.option("--target", help="Into this target alone.")
def due_command(client: str | None, tap: str | None, target: str | None) -> None:
    """Carry out what is due now, one job after the other: for a scheduler that is not the planner's, such as Jenkins.

    Ends with 0 if everything came or comes by itself later (a budget is used up, another run is under way), 3 if
    something is missing, 1 if a job failed. SIGTERM ends it after the job under way, whose STATE is kept.

    Example: dif-deploy due --client acme --tap tap-pinterest
    """
    log_in(os.environ)
    settings = _settings()
    stop_in = _until_stopped()
    found = current_plan(settings, datetime.now(UTC))
    wanted = [
        job
        for job in (*found.jobs, *found.waiting)
        if all(asked in {None, held} for asked, held in ((client, job.client), (tap, job.tap), (target, job.target)))
    ]
    worst = ExitCode.COMPLETE
    for number, job in enumerate(wanted):
        if stop_in() <= 0:
            click.echo(f"due: stopped; {len(wanted) - number} jobs stay due", err=True)
            break
        end = carry_out(job, settings, stop_in)
        click.echo(json.dumps(ended(end)))
        worst = min(worst, _WORSE.get(end.status, ExitCode.COMPLETE), key=_SEVERITY.index)
    click.echo(f"due: {len(wanted)} jobs were due" if wanted else "due: nothing is due", err=True)
    sys.exit(int(worst))


@main.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_command(command: tuple[str, ...]) -> None:
    """Become another COMMAND of the image, with the logins of the platform database and Valkey in its environment.

    Example: dif-deploy exec ledger init
    """
    log_in(os.environ)
    try:
        os.execvp(command[0], command)  # noqa: S606 - whoever can call this can call it, too
    except OSError as error:
        raise ConfigError(f"{command[0]} cannot be started: {error.strerror}") from None


@main.command()
def health() -> None:
    """Whether the job in this container is alive; one that has not begun is.

    Example: dif-deploy health
    """
    try:
        age = time.time() - (Settings.of_environment().work / ALIVE).stat().st_mtime
    except FileNotFoundError:
        return
    if age > _ALIVE_SECONDS:
        click.echo(f"health: nobody has watched the run for {age:.0f} seconds", err=True)
        sys.exit(int(ExitCode.FAILED))


def _settings() -> Settings:
    settings = Settings.of_environment()
    settings.work.mkdir(parents=True, exist_ok=True)
    return settings


def _until_stopped() -> Callable[[], float]:
    """Seconds until the job is to stop: none from the moment of SIGTERM or Ctrl-C."""
    is_stopped = False

    def stop(_number: int, _frame: object) -> None:
        nonlocal is_stopped
        is_stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return lambda: 0.0 if is_stopped else float("inf")


def _show(found: Plan) -> None:
    for word, jobs in (("start", found.jobs), ("wait", found.waiting)):
        for job in jobs:
            due = job.due_at.isoformat(timespec="minutes")
            click.echo(
                f"{word:5}  {job.reason.value:8}  {due}  {job.carrier.value:6}  {job.client} {job.tap} {job.target}"
            )
    click.echo(f"plan: {len(found.jobs)} to start, {len(found.waiting)} wait for a place")
