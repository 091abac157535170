"""The command line of a tap: one clear line for a failure that is not a bug, with its exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any, Final

import click
import simplejson  # type: ignore[import-untyped]  # what the SDK reads files with
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from dif_kit._words import described, end, own_words
from dif_kit.errors import DifError, ExitCode
from dif_kit.tap._stop import EndOfRun

__all__ = ["TapCommand"]

_YOUNG_OBJECTS: Final = 20_000  # a few pages' worth; CPython's default is 700


class TapCommand(SingerCommand):
    """The SDK's command, with an end that a person can read and a program can act on."""

    @override
    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command; ends the process with a code of `dif_kit.errors.ExitCode`."""
        _spare_the_collector()
        own_words()
        try:
            return super().main(*arguments, **options)
        except DifError as error:
            end(self._told_as, described(error), error.exit_code)
        except EndOfRun as stop:
            end(self._told_as, described(stop.reason), stop.reason.exit_code)
        except (simplejson.JSONDecodeError, UnicodeDecodeError) as error:
            end(self._told_as, f"a file given on the command line is not JSON ({error})", ExitCode.USAGE)
        except FileNotFoundError as error:
            # The SDK raises it with a sentence, everyone else with the file's name.
            end(
                self._told_as,
                str(error) if error.filename is None else f"there is no file {error.filename!r}",
                ExitCode.USAGE,
            )

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the tap; wrong settings end with one line that names them all."""
        try:
            return _invoke_quietly(self, ctx)
        except ConfigValidationError as error:
            end(self._told_as, "the settings are wrong: " + "; ".join(error.errors), ExitCode.USAGE)
        except BrokenPipeError:
            # Python would try to flush stdout once more on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            end(self._told_as, "the target closed the pipe before everything was sent", ExitCode.FAILED)

    @property
    def _told_as(self) -> str:
        return self.name or "tap"


def _spare_the_collector() -> None:
    """Let garbage collection leave alone what is imported, and look at young objects less often.

    Pages of rows make thousands of lists and no cycles. Without this, walking them and all modules over and over takes
    a fifth of the time of a long run.
    """
    if gc.get_freeze_count() == 0:  # once a process: a test's process runs many commands
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])


def _invoke_quietly(command: SingerCommand, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
    # The SDK's own invoke reports wrong settings as several log lines and exit code 1.
    sys.excepthook = command.excepthook
    return click.Command.invoke(command, ctx)
