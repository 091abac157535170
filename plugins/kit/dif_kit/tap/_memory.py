"""What a tap's process tells the garbage collector and the C library about its memory."""

from __future__ import annotations

import ctypes
import functools
import gc
from contextlib import suppress
from typing import Final

__all__ = ["stay_small"]

_YOUNG_OBJECTS: Final = 20_000  # a few pages' worth; CPython's default is 700
_M_ARENA_MAX: Final = -8  # of glibc's malloc.h


@functools.cache
def stay_small() -> None:
    """Set both for pages of rows, once a process: a test's process runs many commands.

    Pages make thousands of lists and no cycles: without a higher threshold, walking them and all modules over and over
    takes a fifth of the time of a long run. A page is read by one thread and let go of by another, and glibc keeps what
    was let go of for the threads of the same arena: with one arena for all, a long run takes 7 MiB less. Python's own
    lock lets only one thread allocate at a time anyway. Other C libraries have no arenas.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
