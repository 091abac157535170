"""What a process that holds secrets must not do: leave a core dump, or be read by its siblings."""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

__all__ = ["forbid_dumps"]

_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


def forbid_dumps() -> None:
    """No core file from now on, and on Linux no ptrace and no /proc/<pid>/mem for others of the same user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
