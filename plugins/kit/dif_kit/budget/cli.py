"""``dif-budget``: the board of the fleet's budgets, and the operator's hand on them."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from dif_kit.budget._board import BudgetView, look
from dif_kit.budget._operator import Operator
from dif_kit.budget._terms import SHADOW
from dif_kit.errors import ConfigError, DifError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.table import Table

__all__ = ["main"]

WATCH_SECONDS: Final = 1.0
WIDTH_OF_A_FILE: Final = 160
_DURATION: Final = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PERCENT: Final = re.compile(r"(\d{1,4})\s*%")
_MOST_PERCENT: Final = 1000


class _Command(click.Group):
    """Ends with one line and a code of `dif_kit.errors.ExitCode` where a person can do something about it."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run the command."""
        try:
            return super().main(*arguments, **options)
        except DifError as error:
            click.echo(f"dif-budget: {error}", err=True)
            sys.exit(int(error.exit_code))
        except KeyboardInterrupt:
            sys.exit(int(ExitCode.COMPLETE))


@click.group(cls=_Command, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--redis-url", envvar="DIF_REDIS_URL", help="The Redis that the fleet shares; default is DIF_REDIS_URL.")
@click.pass_context
def main(context: click.Context, redis_url: str | None) -> None:
    """Show the budgets that a fleet shares, and squeeze, pause or free them while it runs.

    \b
    dif-budget                                  what is used, left, paused until when, and who waits
    dif-budget show --watch                     the same, every second
    dif-budget set pinterest.ads_read --to 50%  half of every limit, for all, at once
    dif-budget set pinterest.ads_read 300/min   other policies
    dif-budget pause pinterest.ads_read --for 10m
    dif-budget clear pinterest.ads_read         the tap's own policies again
    """  # noqa: D301 - the backspace is for click: it keeps the lines as they are
    context.obj = redis_url
    if context.invoked_subcommand is None:
        context.invoke(show)


def _with_operator(command: Callable[..., None]) -> Callable[..., None]:
    """Connect when the command is carried out: its help needs no Redis."""

    @click.pass_context
    @wraps(command)
    def connected(context: click.Context, /, **options: Any) -> None:  # noqa: ANN401 - the command's own
        if not context.obj:
            message = "no Redis is named: set DIF_REDIS_URL or give --redis-url; budgets of one process cannot be seen"
            raise ConfigError(message)
        from dif_kit.budget._shared import open_driver  # noqa: PLC0415 - `--help` needs no Redis library

        client, place = open_driver(context.obj)
        context.call_on_close(client.close)
        command(Operator(client, place), **options)

    return connected


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON array, for programs.")
@click.option("--watch", is_flag=True, help="Again every second, until Ctrl-C.")
@_with_operator
def show(operator: Operator, *, as_json: bool = False, watch: bool = False) -> None:
    """Show what is used, left, paused until when, and who waits (the default)."""
    for views in _again(operator, is_endless=watch):
        if as_json:
            click.echo(msgspec.json.encode(views))
        else:
            _print(operator, views, is_live=watch)


@main.command(name="set")
@click.argument("name")
@click.argument("policies", nargs=-1)
@click.option("--to", "percent", help="A part of every limit, as 50%.")
@_with_operator
def set_(operator: Operator, name: str, policies: tuple[str, ...], percent: str | None) -> None:
    """Let other POLICIES, or a part of the tap's own, hold in budget NAME for every process, at once.

    "shadow" as a policy only tells what would have waited.
    """
    if not policies and percent is None:
        message = "nothing to set: give policies, as '300/min', or a part, as --to 50%"
        raise ConfigError(message)
    decided = operator.set(name, policies, None if percent is None else _percent(percent))
    words = [" and ".join(decided.policies) or "the tap's own policies", f"at {decided.percent} %"]
    click.echo(f"budget {name!r}: {' '.join(words)}, in force for all until `dif-budget clear {name}`")


@main.command()
@click.argument("name")
@_with_operator
def shadow(operator: Operator, name: str) -> None:
    """Hold nobody up in budget NAME; the logs tell what would have waited."""
    operator.set(name, (SHADOW,))
    click.echo(f"budget {name!r}: in shadow, nobody waits until `dif-budget clear {name}`")


@main.command()
@click.argument("name")
@_with_operator
def clear(operator: Operator, name: str) -> None:
    """Let the tap's own policies hold again in budget NAME."""
    operator.clear(name)
    click.echo(f"budget {name!r}: the tap's own policies hold")


@main.command()
@click.argument("name")
@click.option("--for", "duration", required=True, help="How long: 30s, 10m, 2h or 1d.")
@_with_operator
def pause(operator: Operator, name: str, duration: str) -> None:
    """Let nobody start in budget NAME for a while."""
    until = operator.pause(name, _seconds(duration))
    click.echo(f"budget {name!r}: paused until {_moment(until)}, or `dif-budget resume {name}`")


@main.command()
@click.argument("name")
@_with_operator
def resume(operator: Operator, name: str) -> None:
    """End a pause of budget NAME, an operator's or a provider's."""
    operator.resume(name)
    click.echo(f"budget {name!r}: goes on")


def _again(operator: Operator, *, is_endless: bool) -> Iterator[list[BudgetView]]:
    yield look(operator)
    while is_endless:
        time.sleep(WATCH_SECONDS)
        yield look(operator)


def _print(operator: Operator, views: list[BudgetView], *, is_live: bool) -> None:
    from rich.console import Console  # noqa: PLC0415 - `--json` and the other commands need no table

    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_FILE
    if is_live and console.is_terminal:
        console.clear()
    if views:
        console.print(_table(operator, views))
    held_up = sum(sum(view.waiting.values()) for view in views)
    paused = sum(view.paused_until is not None for view in views)
    console.print(f"{len(views)} budgets, {held_up} requests wait, {paused} paused", highlight=False)


def _table(operator: Operator, views: list[BudgetView]) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(title=f"budgets at {operator.place}", title_justify="left")
    for heading in ("budget", "scope", "policy", "used", "left", "state", "clients", "waiting"):
        is_number = heading in {"used", "left"}
        table.add_column(
            heading, justify="right" if is_number else "left", no_wrap=is_number or heading == "budget", overflow="fold"
        )
    for view in views:
        table.add_row(
            view.name,
            view.scope,
            "\n".join(policy.text for policy in view.policies),
            "\n".join(f"{policy.used:,} of {policy.limit:,}" for policy in view.policies),
            "\n".join(f"{policy.left:,}" for policy in view.policies),
            "\n".join(_state(view)) or "open",
            f"{', '.join(view.clients)} ({view.processes})" if view.clients else "",
            ", ".join(f"{client} {count}" for client, count in view.waiting.items()),
        )
    return table


def _state(view: BudgetView) -> Iterator[str]:
    """What is out of the ordinary, most pressing first."""
    if view.paused_until is not None:
        yield f"paused until {_moment(view.paused_until)}"
    if view.is_shadow:
        yield "in shadow"
    if view.decided_by:
        yield f"set to {view.percent} % by {view.decided_by}"
    if view.speed_percent < 100:  # noqa: PLR2004 - percent
        yield f"slowed to {view.speed_percent} %"
    if view.usage_percent is not None:
        yield f"provider's gauge at {view.usage_percent:.0f} %"
    if view.provider_left is not None and view.provider_resets_at is not None:
        yield f"provider: {view.provider_left:,} left until {_moment(view.provider_resets_at)}"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _percent(text: str) -> int:
    found = _PERCENT.fullmatch(text.strip())
    if found is None or not 0 < int(found[1]) <= _MOST_PERCENT:
        message = f"--to {text!r} is not understood; write it like 50% (1% to {_MOST_PERCENT}%; `pause` stops a budget)"
        raise ConfigError(message)
    return int(found[1])


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        message = f"--for {text!r} is not understood; write it like 30s, 10m, 2h or 1d"
        raise ConfigError(message)
    return int(found[1]) * _SECONDS[found[2]]
