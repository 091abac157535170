"""``ledger run``: one run, supervised."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from dif_kit.errors import ConfigError, ExitCode

from dif_ledger._facts import connected
from dif_ledger._pipe import Direct, Meltano, popen
from dif_ledger._records import Status
from dif_ledger._supervise import supervise
from dif_ledger._target import target_config as settings_of
from dif_ledger._telemetry import Told

if TYPE_CHECKING:
    from dif_ledger._pipe import Launch

__all__ = ["launcher", "require_who_knows", "run", "this_command"]

_FILE = click.Path(dir_okay=False)
_CODES: Final = {
    Status.DONE: ExitCode.COMPLETE,
    Status.PARTIAL: ExitCode.PARTIAL,
    Status.DEFERRED: ExitCode.DEFERRED,
    Status.FAILED: ExitCode.FAILED,
}


@click.command()
@click.argument("client")
@click.argument("tap")
@click.argument("target")
@click.option("--direct", is_flag=True, help="Join the two without Meltano; needs both configs.")
@click.option("--tap-config", type=_FILE, help="JSON file of the tap, for --direct.")
@click.option("--target-config", type=_FILE, help="JSON file of the target; else Meltano's.")
@click.option("--catalog", type=_FILE, help="Catalog of the tap, for --direct.")
@click.option("--state", "state_file", type=_FILE, help="Where --direct finds and keeps the STATE.")
@click.option("--logs", default="logs", type=click.Path(file_okay=False), help="Folder of <client>/<run>.log.")
def run(  # noqa: PLR0917 - the command's arguments, then its options
    client: str,
    tap: str,
    target: str,
    tap_config: str | None,
    target_config: str | None,
    catalog: str | None,
    state_file: str | None,
    logs: str,
    *,
    direct: bool,
) -> None:
    """Run a client's tap into a target, and note how it really ended: by receipts, never by exit codes alone.

    Ends with 0 when all is there, 3 when something is missing, 75 when it is to come again later, 4 when another run is
    under way, 1 when nothing came of it.

    Example: ledger run acme tap-pinterest target-redshift
    """
    require_who_knows(tap_config, target_config, catalog, state_file, direct=direct)
    with connected() as database:
        config = settings_of(client, tap, target, target_config)
        pipe = (
            Direct(tap, target, str(tap_config), str(target_config), catalog, state_file, launcher())
            if direct
            else Meltano(client, tap, target)
        )
        command = this_command()
        end = supervise(database, Told(client, tap, target), pipe, config, command=command, logs=Path(logs))
    because = f" ({end.cause}): {end.message}" if end.cause else ""
    rows = sum(each.loaded or 0 for each in end.streams)
    click.echo(
        f"run: {client} {tap} is {end.status}: {rows:,} rows of {len(end.streams)} streams{because}; {end.run_id}"
    )
    sys.exit(int(ExitCode.ALREADY_RUNNING if end.cause == "duplicate_start" else _CODES[end.status]))


def require_who_knows(
    tap_config: str | None, target_config: str | None, catalog: str | None, state: str | None = None, *, direct: bool
) -> None:
    """See that either the options or Meltano say how a pair is run; raises ConfigError if both do, or neither."""
    if direct and not (tap_config and target_config):
        raise ConfigError("--direct needs --tap-config and --target-config: without Meltano nobody else knows them")
    if not direct and (tap_config or catalog or state):
        raise ConfigError("--tap-config, --catalog and --state are for --direct: Meltano has its own")


def launcher() -> Launch:
    """How tap and target begin: as whoever called the command in this process gave it (click's ``obj``), else Popen."""
    given: Launch | None = click.get_current_context().obj
    return popen if given is None else given


def this_command() -> str:
    """The command that is being carried out, as it is noted for whoever wants to give it again."""
    return shlex.join(["ledger", *sys.argv[1:]])
