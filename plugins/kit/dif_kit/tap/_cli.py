"""The command line of a tap: one clear line for a failure that is not a bug, with its exit code."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
import simplejson  # type: ignore[import-untyped]  # what the SDK reads files with
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from dif_kit.errors import Deferred, DifError, ExitCode
from dif_kit.http import redact
from dif_kit.tap._memory import stay_small
from dif_kit.tap._stop import EndOfRun

if TYPE_CHECKING:
    from typing import NoReturn

__all__ = ["TapCommand"]


class TapCommand(SingerCommand):
    """The SDK's command, with an end that a person can read and a program can act on."""

    @override
    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command; ends the process with a code of `dif_kit.errors.ExitCode`."""
        stay_small()
        try:
            return super().main(*arguments, **options)
        except DifError as error:
            self._end(_tell(error), error.exit_code)
        except EndOfRun as end:
            self._end(_tell(end.reason), end.reason.exit_code)
        except (simplejson.JSONDecodeError, UnicodeDecodeError) as error:
            self._end(f"a file given on the command line is not JSON ({error})", ExitCode.USAGE)
        except FileNotFoundError as error:
            # The SDK raises it with a sentence, everyone else with the file's name.
            self._end(str(error) if error.filename is None else f"there is no file {error.filename!r}", ExitCode.USAGE)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the tap; wrong settings end with one line that names them all."""
        try:
            return _invoke_quietly(self, ctx)
        except ConfigValidationError as error:
            self._end("the settings are wrong: " + "; ".join(error.errors), ExitCode.USAGE)
        except BrokenPipeError:
            # Python would try to flush stdout once more on its way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._end("the target closed the pipe before everything was sent", ExitCode.FAILED)

    def _end(self, message: str, code: ExitCode) -> NoReturn:
        one_line = " ".join(redact(message).split())
        click.echo(f"{self.name}: {one_line}", err=True)
        sys.exit(int(code))


def _invoke_quietly(command: SingerCommand, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
    # The SDK's own invoke reports wrong settings as several log lines and exit code 1.
    sys.excepthook = command.excepthook
    return click.Command.invoke(command, ctx)


def _tell(error: DifError) -> str:
    if isinstance(error, Deferred):
        moment = datetime.fromtimestamp(error.retry_at, UTC).isoformat(timespec="seconds")
        return f"deferred, run again at {moment}: {error}"
    return str(error)
