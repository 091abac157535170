"""The command `sandbox`: the outside world on one laptop, up and down."""

from __future__ import annotations

import json
import signal
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from dif_sandbox.services import ALL_SERVICES, Phase, Sandbox, SandboxError, Simulation
from dif_sandbox.services.ports import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_sandbox.services import ServiceRecord, State

__all__ = ["main"]

DEFAULT_FOLDER: Final = Path(".sandbox")
FOLLOW_SECONDS: Final = 0.3
MEBIBYTE: Final = 2**20


class OneLineErrors(click.Group):
    """What a user or the machine can be blamed for is told in one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; its exit code is 1 after such an error."""
        try:
            return super().invoke(ctx)
        except (SandboxError, OSError) as failure:
            raise click.ClickException(str(failure)) from failure


def folder_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option that all commands share."""
    return click.option(
        "--dir",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="DIF_SANDBOX",
        default=DEFAULT_FOLDER,
        show_default=True,
        show_envvar=True,
        help="The folder that all of it lies in.",
    )(command)


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Redshift, S3, Valkey and marketing APIs as servers on this machine, in one folder, on 127.0.0.1 only.

    Example: sandbox up; eval "$(sandbox env)"; meltano run tap-pinterest target-redshift; sandbox down
    """


@main.command()
@folder_option
@click.option("--foreground", is_flag=True, help="Stay, and stop everything on Ctrl-C or SIGTERM.")
@click.option("--max-hours", default=12.0, show_default=True, help="A forgotten sandbox stops by itself after these.")
@click.option(
    "--service", "services", multiple=True, type=click.Choice(ALL_SERVICES), help="Only this one; repeatable."
)
@click.option(
    "--scale", default=1, show_default=True, type=click.IntRange(min=1), help="Size of the simulated accounts."
)
@click.option("--seed", default=1, show_default=True, help="Another seed, another simulated world.")
def up(*, folder: Path, foreground: bool, max_hours: float, services: tuple[str, ...], scale: int, seed: int) -> None:
    """Start it, and leave it running until `sandbox down`. Does nothing if it is up."""
    console = _console()
    simulation = Simulation(seed=seed, scale=scale)
    sandbox = Sandbox(folder, services=services or ALL_SERVICES, max_hours=max_hours, simulation=simulation)
    state = sandbox.state()
    if state is not None and state.is_up:
        _show(console, f"sandbox: already up in {sandbox.folder}")
        if not sandbox.runs_as_asked():
            _show(console, "it runs with other options than these: `sandbox down` first to change them")
        console.print(_table(state))
        return
    _show(console, f"sandbox: starting {', '.join(sandbox.services)} in {sandbox.folder}")
    if foreground:
        _stay(console, sandbox)
        return
    began = time.monotonic()
    state = sandbox.up(_Progress(console))
    _show_up(console, sandbox, state, time.monotonic() - began)


@main.command()
@folder_option
@click.option("--wipe", is_flag=True, help="Remove its data, keys and logs, too.")
def down(*, folder: Path, wipe: bool) -> None:
    """Stop all of it, and what a killed run left behind."""
    console = _console()
    sandbox = Sandbox(folder)
    ended = sandbox.down()
    _show(console, f"sandbox: stopped {', '.join(ended)}" if ended else f"sandbox: nothing runs in {sandbox.folder}")
    if wipe:
        sandbox.wipe()
        _show(console, f"sandbox: removed what it kept in {sandbox.folder}")


@main.command()
@folder_option
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def status(context: click.Context, *, folder: Path, as_json: bool) -> None:
    """Show what runs. The exit code is 0 if all of it is up, else 1."""
    sandbox = Sandbox(folder)
    state = sandbox.state()
    is_up = state is not None and state.is_up
    if as_json:
        click.echo(json.dumps(_facts(sandbox, state), indent=2))
    else:
        console = _console()
        _show(console, f"sandbox: {_verdict(state)} in {sandbox.folder}")
        if state is not None and state.services:
            console.print(_table(state))
        if state is not None and state.failure:
            _show(console, f"the last start failed: {state.failure}")
    context.exit(0 if is_up else 1)


@main.command()
@folder_option
@click.option("--json", "as_json", is_flag=True, help="One object instead of export lines.")
def env(*, folder: Path, as_json: bool) -> None:
    """Print what clients set: eval "$(sandbox env)"."""
    sandbox = Sandbox(folder)
    told = sandbox.environment()
    click.echo(json.dumps(told, indent=2) if as_json else sandbox.layout.env.read_text(), nl=as_json)


@main.command()
@folder_option
@click.argument("service", required=False, type=click.Choice([*ALL_SERVICES, "supervisor"]))
@click.option("--lines", "-n", default=20, show_default=True, help="So many of the last lines.")
@click.option("--follow", "-f", is_flag=True, help="Then go on with new ones until Ctrl-C.")
def logs(*, folder: Path, service: str | None, lines: int, follow: bool) -> None:
    """Show the last lines of a service's log, or of all."""
    layout = Sandbox(folder).layout
    names = [service] if service else ["supervisor", *ALL_SERVICES]
    files = [file for name in names if (file := layout.log(name)).exists()]
    if not files:
        message = f"no log of {service or 'any service'} in {layout.folder}: was it ever up?"
        raise SandboxError(message)
    sizes = {file: _print_end(file, lines, titled=len(files) > 1) for file in files}
    while follow:
        time.sleep(FOLLOW_SECONDS)
        for file in files:
            sizes[file] = _print_from(file, sizes[file])


class _Progress:
    """A line for every service as soon as it answers."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[str] = set()

    def __call__(self, state: State) -> None:
        for record in state.services:
            if record.phase is Phase.UP and record.name not in self._told:
                self._told.add(record.name)
                _show(self._console, f"  {record.name:<11} answers after {record.seconds or 0:.1f} s")


class _ToldToStopError(Exception):
    """SIGTERM came."""


def _stay(console: Console, sandbox: Sandbox) -> None:
    def stop(_number: int, _frame: object) -> NoReturn:
        raise _ToldToStopError

    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts a job in the background with SIGINT ignored
        signal.signal(number, stop)
    began = time.monotonic()
    try:
        state = sandbox.start(_Progress(console))
        _show_up(console, sandbox, state, time.monotonic() - began)
        sandbox.wait()
    except _ToldToStopError:
        _show(console, "sandbox: stopping")
    finally:
        sandbox.down()
    _show(console, "sandbox: stopped")


def _show_up(console: Console, sandbox: Sandbox, state: State, seconds: float) -> None:
    end = datetime.fromtimestamp(state.stops_at, UTC).astimezone()
    _show(console, f"sandbox: up after {seconds:.1f} s; stops by itself at {end:%Y-%m-%d %H:%M}")
    console.print(_table(state))
    where = "" if sandbox.folder == DEFAULT_FOLDER.resolve() else f" --dir {sandbox.folder}"
    _show(console, f'use it:  eval "$(sandbox env{where})"')
    _show(console, f"stop it: sandbox down{where}")


def _table(state: State) -> Table:
    grid = Table(box=box.SIMPLE_HEAD)
    for name in ("service", "state", "listens on"):
        grid.add_column(name, no_wrap=True)
    for name in ("pid", "memory", "start"):
        grid.add_column(name, justify="right", no_wrap=True)
    for record in state.services:
        memory = _memory(record)
        grid.add_row(
            record.name,
            record.present_phase + (f", restarted {record.restarts}x" if record.restarts else ""),
            f"{HOST}:{record.port}" if record.port else "",
            str(record.process.pid) if record.process else "",
            f"{memory / MEBIBYTE:.0f} MiB" if memory else "",
            f"{record.seconds:.1f} s" if record.seconds is not None else "",
        )
    return grid


def _facts(sandbox: Sandbox, state: State | None) -> dict[str, Any]:
    services = state.services if state else ()
    return {
        "folder": str(sandbox.folder),
        "up": state is not None and state.is_up,
        "stops_at": datetime.fromtimestamp(state.stops_at, UTC).isoformat() if state and state.is_alive else None,
        "failure": state.failure if state else None,
        "services": [
            {
                "name": record.name,
                "state": record.present_phase,
                "host": HOST,
                "port": record.port,
                "pid": record.process.pid if record.process else None,
                "memory_bytes": _memory(record),
                "start_seconds": record.seconds,
                "restarts": record.restarts,
            }
            for record in services
        ],
    }


def _verdict(state: State | None) -> str:
    if state is None:
        return "down"
    if state.is_up:
        return "up"
    if not state.is_alive:
        return "down, not in good order,"
    return "not all up"


def _memory(record: ServiceRecord) -> int | None:
    """Bytes of the process and its children, shared pages counted once a process."""
    if record.process is None or not record.process.is_alive():
        return None
    try:
        top = psutil.Process(record.process.pid)
        family = [top, *top.children(recursive=True)]
        return sum(process.memory_info().rss for process in family)
    except psutil.Error:
        return None


def _print_end(file: Path, lines: int, *, titled: bool) -> int:
    if titled:
        click.echo(f"==> {file} <==")
    with file.open(errors="replace") as text:
        click.echo("".join(deque(text, maxlen=lines)), nl=False)
        return text.tell()


def _print_from(file: Path, offset: int) -> int:
    with file.open(errors="replace") as text:
        text.seek(offset if file.stat().st_size >= offset else 0)
        click.echo(text.read(), nl=False)
        return text.tell()


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _show(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
