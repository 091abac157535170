"""``python -m dif_kit.contribute``: start a channel, a destination or a client; record answers; release a package."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dif_kit.contribute._client import write_client
from dif_kit.contribute._openapi import proposed
from dif_kit.contribute._place import Proposal
from dif_kit.contribute._plan import TapPlan, usual_streams
from dif_kit.contribute._release import release
from dif_kit.contribute._target import write_target
from dif_kit.contribute._words import AUTHS, PAGINGS
from dif_kit.contribute._write import register, write_tap
from dif_kit.errors import DifError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


@click.group()
def main() -> None:
    """Start a channel, a destination or a client; record answers; release a package."""


@main.command("new-tap")
@click.argument("name")
@click.option("--auth", type=click.Choice(list(AUTHS)), help="How a request proves who sends it.")
@click.option("--paging", type=click.Choice(list(PAGINGS)), help="How a list goes on.")
@click.option("--limit", help="What the provider allows, as 100/min; docs/budgets.md lists the words.")
@click.option("--kind", type=click.Choice(["entities", "report"]), help="What stands below an account at first.")
@click.option("--api-url", help="The address before every path.")
@click.option(
    "--openapi", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Propose streams from it."
)
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), hidden=True)
def new_tap(
    *,
    name: str,
    auth: str | None,
    paging: str | None,
    limit: str | None,
    kind: str | None,
    api_url: str | None,
    openapi: Path | None,
    root: Path,
) -> None:
    """Write taps/tap-NAME, a tap that passes its tests, and name it where taps are listed.

    What no option says is asked on a terminal, and else is the first choice: make new-tap name=acme-ads
    """
    try:
        proposal = Proposal(usual_streams(_kind(kind))) if openapi is None else proposed(openapi)
        plan = TapPlan(
            channel=name.removeprefix("tap-"),
            auth=_answer("How does a request prove who sends it?", auth, list(AUTHS), "bearer"),
            paging=_answer("How does a list go on?", paging, list(PAGINGS), "cursor"),
            limit=_answer("What does the provider allow?", limit, (), "100/min"),
            api_url=_answer("Which address stands before every path?", api_url, (), "https://api.example.com/v1"),
            streams=proposal.streams,
        )
        folder = write_tap(plan, root)
        changed = register(plan, root)
    except DifError as error:
        click.echo(f"new-tap: {error}", err=True)
        sys.exit(error.exit_code)
    streams = ", ".join(stream.name for stream in plan.streams)
    click.echo(f"new-tap: wrote {folder} with the streams {streams}")
    for path, why in proposal.left_out.items():
        click.echo(f"new-tap: left out {path}: {why}; state it by hand, as docs/tutorial.md does")
    click.echo(f"new-tap: named it in {', '.join(path.name for path in changed)}")


@main.command("new-target")
@click.argument("name")
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), hidden=True)
def new_target(*, name: str, root: Path) -> None:
    """Write targets/target-NAME, a target that passes its tests, and name it where targets are listed.

    Example: make new-target name=acme-lake
    """
    try:
        folder, changed = write_target(name, root)
    except DifError as error:
        click.echo(f"new-target: {error}", err=True)
        sys.exit(error.exit_code)
    click.echo(f"new-target: wrote {folder}; its tables are SQLite's until _destination.py speaks to yours")
    click.echo(f"new-target: named it in {', '.join(path.name for path in changed)}")


@main.command("new-client")
@click.argument("name")
@click.option(
    "--tap", "taps", multiple=True, required=True, help="A channel that the client has; several are said several times."
)
@click.option("--start-date", required=True, help="The first day of figures, as 2026-01-31.")
@click.option("--set", "values", multiple=True, help="A further setting of a tap, as tap-shopify.shop=acme.")
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), hidden=True)
def new_client(*, name: str, taps: tuple[str, ...], start_date: str, values: tuple[str, ...], root: Path) -> None:
    """Write clients/NAME.meltano.yml: make new-client name=acme args="--tap tap-pinterest --start-date 2026-09-01"."""
    pairs = [value.partition("=") for value in values]
    try:
        file = write_client(name, taps, start_date, root, {where: value for where, _, value in pairs})
    except DifError as error:
        click.echo(f"new-client: {error}", err=True)
        sys.exit(error.exit_code)
    click.echo(f"new-client: wrote {file}; next, put its credentials into the vault, and run it:")
    for secret in (*(tap.removeprefix("tap-").replace("-", "_") for tap in taps), "redshift"):
        click.echo(f"  vault put {name}/{secret}")
    for tap in taps:
        click.echo(f"  meltano --environment={name} run {tap} target-redshift")


@main.command("release")
@click.argument("package")
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), hidden=True)
def release_package(*, package: str, root: Path) -> None:
    """Raise PACKAGE's version as its fragments in changelog.d ask for it, and tell them in its CHANGELOG.md.

    Example: make release what=tap-meta
    """
    try:
        done = release(root, package, datetime.now(UTC).date())
    except DifError as error:
        click.echo(f"release: {error}", err=True)
        sys.exit(error.exit_code)
    click.echo(
        f"release: {done.package} {done.before} -> {done.version}, {done.changes} from changelog.d in {done.changelog}"
    )
    click.echo(f"release: look at the difference, commit it, then: git tag {done.package}-{done.version}")


@main.command("record")
@click.argument("tap")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The tap's settings, as JSON; the credential is a reference in it.",
)
@click.option("--stream", "streams", multiple=True, help="Only this stream; repeatable. Its parents are asked as well.")
@click.option("--most", default=2, show_default=True, help="Answers kept of each path; ids apart, paths are the same.")
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), hidden=True)
def record_answers(*, tap: str, config: Path, streams: tuple[str, ...], most: int, root: Path) -> None:
    """Run TAP once, and keep what its provider answers as tests in taps/TAP/tests/api, without what identifies anybody.

    Example: make record tap=tap-pinterest args="--config config.json --stream campaigns"
    """
    from dif_kit.contribute._record import record, tap_named  # noqa: PLC0415 - it needs what only tests have

    try:
        settings = json.loads(config.read_text(encoding="utf-8"))
        folder = root / "taps" / tap / "tests" / "api"
        files = record(tap_named(tap), settings, folder, streams=set(streams) or None, most=most)
    except (DifError, ValueError) as error:
        click.echo(f"record: {error}", err=True)
        sys.exit(error.exit_code if isinstance(error, DifError) else 1)
    click.echo(f"record: wrote {len(files)} answers into {folder}; look through them before you commit")


def _kind(kind: str | None) -> str:
    return _answer("What stands below an account?", kind, ["entities", "report"], "entities")


def _answer(question: str, given: str | None, choices: Sequence[str], usual: str) -> str:
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return usual
    answer: str = click.prompt(question, default=usual, type=click.Choice(choices) if choices else str)
    return answer


if __name__ == "__main__":
    main()
