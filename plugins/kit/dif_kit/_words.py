"""What a plugin says on standard error: its own words, and one line at its end."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click
import singer_sdk

from dif_kit.credentials import redact
from dif_kit.errors import Deferred

if TYPE_CHECKING:
    from dif_kit.errors import DifError, ExitCode

__all__ = ["counted", "described", "end", "own_words"]

_SDK: Final = str(Path(singer_sdk.__file__).parent)
_CHATTY: Final = ("botocore", "boto3", "s3transfer", "urllib3", "singer_sdk.metrics")


def own_words() -> None:
    """Keep what libraries tell of their doings out of the log, unless it is asked for (``LOGLEVEL=DEBUG``).

    The SDK says of each stream that it was added, begun or left out; Meltano shows every line of that.
    """
    root = logging.getLogger()
    if root.getEffectiveLevel() <= logging.DEBUG:
        return
    for handler in root.handlers:
        if not any(isinstance(known, _OwnWords) for known in handler.filters):
            handler.addFilter(_OwnWords())
    # Amazon's driver makes its TLS context in an old way, which concerns nobody who runs a load.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"redshift_connector(\.|$)")


def counted(number: int, noun: str) -> str:
    """How many there are: ``1 record``, ``1,234 records``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def described(error: DifError) -> str:
    """An error in one sentence."""
    if isinstance(error, Deferred):
        moment = datetime.fromtimestamp(error.retry_at, UTC).isoformat(timespec="seconds")
        return f"deferred, run again at {moment}: {error}"
    return str(error)


def end(name: str, message: str, code: ExitCode) -> NoReturn:
    """Say in one line, without secrets, why the process ends, and end it.

    Under an orchestrator that reads the log's levels the line is an error of the log, else it is the line alone.
    """
    one_line = " ".join(redact(message).split())
    if "SINGER_SDK_LOG_CONFIG" in os.environ:
        logging.getLogger(name).error("%s: %s", name, one_line)
    else:
        click.echo(f"{name}: {one_line}", err=True)
    sys.exit(int(code))


class _OwnWords(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno > logging.INFO:
            return True
        return not record.name.startswith(_CHATTY) and not record.pathname.startswith(_SDK)
