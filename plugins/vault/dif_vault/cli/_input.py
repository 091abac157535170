"""Secrets come from a prompt, standard input or a file; never from a command line, which all users of a host see."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import click
import msgspec
from dif_kit.errors import ConfigError

from dif_vault._kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["parse_values", "read_values"]

_LONG: Final = {"private_key", "certificate"}
"""Of many lines: no prompt takes them."""


def read_values(file: Path | None, kind: str | None, names: Sequence[str] = ()) -> dict[str, str]:
    """The values of a credential: from a file (``-``: standard input), piped in, or asked for one by one.

    Raises:
        ConfigError: it is no JSON object of texts, or cannot be asked for.
    """
    if file is not None and str(file) != "-":
        return parse_values(str(file), file.read_bytes())
    if file is not None or not sys.stdin.isatty():
        return parse_values("standard input", sys.stdin.buffer.read())
    return _ask([*names, *(needed for one in KINDS if one.name == kind for needed in one.needs)])


def parse_values(source: str, text: bytes) -> dict[str, str]:
    """A JSON object of texts.

    Raises:
        ConfigError: it is something else; the message tells names, never values.
    """
    try:
        values = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's own message could quote what it read.
        raise ConfigError(f"{source}: expected a JSON object of texts") from None
    if not values:
        raise ConfigError(f"{source}: the object is empty")
    if wrong := sorted(name for name, value in values.items() if not isinstance(value, str) or not value):
        raise ConfigError(f"{source}: these are no texts, or empty: {', '.join(wrong)}")
    return {name: str(value) for name, value in values.items()}


def _ask(names: Sequence[str]) -> dict[str, str]:
    if long := sorted(_LONG & set(names)):
        raise ConfigError(f"{', '.join(long)} has many lines: give a JSON file with --file, or pipe it in")
    if names:
        return {name: click.prompt(name, hide_input=True, err=True) for name in names}
    values: dict[str, str] = {}
    while name := click.prompt("name of a value (empty: done)", default="", show_default=False, err=True):
        values[name] = click.prompt(name, hide_input=True, err=True)
    if not values:
        raise ConfigError("nothing was given")
    return values
