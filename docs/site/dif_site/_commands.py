"""The reference of commands: each with its arguments and options, as it says of itself; and the verbs of make."""

from __future__ import annotations

import inspect
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from dif_site._words import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["command", "options_of_plugins", "verbs"]


def command(name: str, program: Any) -> str:  # noqa: ANN401 - whatever an entry point runs
    """The page of one program: a click command with all below it, or else what its module says."""
    if isinstance(program, click.Command):
        return "\n".join(_told(program, [name]))
    module = sys.modules[program.__module__]
    return f"# {name}\n\n{inspect.cleandoc(module.__doc__ or '')}\n\n{inspect.cleandoc(program.__doc__ or '')}\n"


def options_of_plugins(kinds: dict[str, type[Any]]) -> str:
    """The options that every tap or target has; ``kinds``: what they are -> one that stands for all."""
    lines = ["# Options of taps and targets", ""]
    for what, kind in kinds.items():
        lines += [f"## {what}", "", *_parameters(kind.cli, click.Context(kind.cli, info_name=kind.name))]
    return "\n".join(lines)


def verbs(root: Path) -> str:
    """What make can do, from the Makefile."""
    found = re.findall(r"^([a-z-]+):.*## (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    lines = ["# make", "", "Everything that is done to the repository itself; `make` alone lists it, too.", ""]
    return "\n".join([*lines, *table(["verb", "what"], ([code(f"make {verb}"), what] for verb, what in found))])


def _told(program: click.Command, names: list[str]) -> Iterator[str]:
    """A command, and below it those of its group."""
    context = click.Context(program, info_name=" ".join(names))
    yield f"{'#' * min(len(names), 3)} {' '.join(names)}"
    yield ""
    yield from _paragraphs(program.help or program.short_help or "")
    usage = " ".join(program.collect_usage_pieces(context))
    yield from ("```text", f"{' '.join(names)} {usage}", "```", "")
    yield from _parameters(program, context)
    yield from _paragraphs(program.epilog or "")
    if isinstance(program, click.Group):
        for name in program.list_commands(context):
            below = program.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _told(below, [*names, name])


def _parameters(program: click.Command, context: click.Context) -> Iterator[str]:
    records = [
        record
        for parameter in program.get_params(context)
        if isinstance(parameter, click.Option) and not parameter.hidden
        if (record := parameter.get_help_record(context)) is not None
    ]
    if records:
        yield from table(["option", "meaning"], ([code(option), meaning] for option, meaning in records))


def _paragraphs(text: str) -> Iterator[str]:
    """Help as click takes it: what stands after a line with the mark of unwrapped text is left as it is."""
    for part in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if not part.strip():
            continue
        if part.startswith("Example: "):
            yield from ("```sh", " ".join(part.removeprefix("Example: ").split()), "```", "")
        elif part.startswith("\b"):
            yield from ("```text", *part.removeprefix("\b").strip("\n").splitlines(), "```", "")
        else:
            yield from (" ".join(part.split()).replace("<", "&lt;"), "")
