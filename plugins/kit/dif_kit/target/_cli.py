"""The command line of a target: a failure is one line on standard error, and an exit code."""

from __future__ import annotations

import functools
import gc
from typing import TYPE_CHECKING, Final

from singer_sdk.exceptions import ConfigValidationError

from dif_kit._words import described, end, own_words
from dif_kit.errors import DifError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["speaking"]

_GARBAGE_AFTER: Final = 50_000  # rows are made of objects that nothing refers back to: looking for cycles finds none


def speaking(name: str, invoke: Callable[..., None]) -> Callable[..., None]:
    """`invoke`, with errors told as the errors of dif are told."""

    @functools.wraps(invoke)
    def told(**options: object) -> None:
        own_words()
        gc.freeze()  # what is imported stays
        gc.set_threshold(_GARBAGE_AFTER)
        try:
            invoke(**options)
        except ConfigValidationError as error:
            end(name, f"settings: {'; '.join(error.errors)}", ExitCode.USAGE)
        except DifError as error:
            end(name, described(error), error.exit_code)

    return told
