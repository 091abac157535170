"""A target's run as the shell sees it: messages in, STATE and the last line out."""

from __future__ import annotations

import gc
import io
import json
import tempfile
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.testing._run import command_ended, process_as_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dif_kit.target import Target

__all__ = ["TargetRun", "run_target"]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class TargetRun:
    """What a run of a target left behind."""

    exit_code: int
    output: str
    errors: str

    @cached_property
    def states(self) -> list[Any]:
        """The values of STATE that were told, in their order."""
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def last_line(self) -> str:
        """The last line on stderr: what a person on call reads."""
        return self.errors.strip().splitlines()[-1] if self.errors.strip() else ""


def run_target(target: type[Target], config: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]) -> TargetRun:
    """Run a target's command line in this process over these messages; a Decimal is a number with all its digits."""
    with tempfile.TemporaryDirectory() as folder:
        settings, given = Path(folder, "config.json"), Path(folder, "input.jsonl")
        settings.write_text(json.dumps(config), encoding="utf-8")
        given.write_bytes(b"".join(_ENCODER.encode(message) + b"\n" for message in messages))
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors), process_as_before(), _collector_as_before():
            code = command_ended(target, ["--config", str(settings), "--input", str(given)])
    return TargetRun(code, output.getvalue(), errors.getvalue())


@contextmanager
def _collector_as_before() -> Iterator[None]:
    """A target's command line sets the garbage collector up for a process of its own."""
    usual = gc.get_threshold()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
