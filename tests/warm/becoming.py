"""What a fork does first: it becomes another program, with files, an environment and an end of its own."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, NoReturn

__all__ = ["become", "called", "program"]

MOST_FILES: Final = 1024


def become(
    run: Callable[[], Any],
    command: Sequence[str],
    environment: Mapping[str, str],
    files: Sequence[int],
    *,
    folder: str = ".",
    kept: Sequence[int] = (),
) -> NoReturn:
    """Run something as a process of its own; the files are its input, output and errors, in this order."""
    code: Any = 70
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, file in enumerate(files):
            os.dup2(file, number)
        _close_others(kept)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = list(command)
        code = int(run() or 0)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python's own end would tell it
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        with suppress(Exception):
            sys.stdout.flush()
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _close_others(kept: Sequence[int]) -> None:
    """As Popen: a child holds nothing of its parent's, such as the session that is its lease."""
    first = 3
    for number in sorted(kept):
        os.closerange(first, number)
        first = number + 1
    os.closerange(first, MOST_FILES)


@functools.cache  # to look through what is installed takes longer than a fork
def program(name: str) -> Any:
    """The entry point of an installed program."""
    (found,) = entry_points(group="console_scripts", name=Path(name).name)
    return found


def called(place: str) -> Callable[..., Any]:
    """A function by its ``module:name``."""
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
