"""This machine: what is installed, and whether there is room."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dif_kit.doctor._finding import Finding, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.doctor._project import Project

__all__ = ["disk", "versions"]

_TOLD: Final = ("meltano", "singer-sdk", "dif-kit")
_SHOWN: Final = 4
_GIB: Final = 1 << 30
# A target stages up to a part of each stream, a tap whole downloads: both in the folder for temporary files.
_LITTLE: Final = 5 * _GIB
_NONE: Final = 1 * _GIB


def versions(project: Project) -> Iterator[Finding]:
    """Python, the tools, and whether this environment is the one that is locked."""
    yield Finding("python", Verdict.GOOD, f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    for tool in ("git", "make"):
        if shutil.which(tool) is None:
            yield Finding(tool, Verdict.POOR, "is not on PATH", f"install it: apt install {tool}, brew install {tool}")
    installed = {found.name.lower().replace("_", "-"): found.version for found in distributions() if found.name}
    told = ", ".join(f"{name} {installed[name]}" for name in _TOLD if name in installed)
    lock = project.root / "uv.lock"
    if not lock.exists():
        yield Finding("packages", Verdict.UNSET, f"{told}; there is no uv.lock to compare with")
        return
    locked: dict[str, set[str]] = {}  # several, where the lock has one for each Python
    for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]:
        locked.setdefault(package["name"], set()).add(package.get("version", ""))
    wrong = sorted(
        f"{name} is {version}, locked {' or '.join(sorted(locked[name]))}"
        for name, version in installed.items()
        if name in locked and "" not in locked[name] and version not in locked[name]
    )
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        yield Finding("packages", Verdict.BROKEN, "; ".join(wrong[:_SHOWN]) + more, "run: make install")
    else:
        yield Finding("packages", Verdict.GOOD, f"{told}; as locked")


def disk(project: Project) -> Iterator[Finding]:
    """Room and rights where runs write."""
    for what, folder in (("disk, temporary files", Path(tempfile.gettempdir())), ("disk, repository", project.root)):
        if not os.access(folder, os.W_OK):
            yield Finding(what, Verdict.BROKEN, f"{folder} cannot be written", f"chown it, or set TMPDIR: {folder}")
            continue
        free = shutil.disk_usage(folder).free
        verdict = Verdict.GOOD if free >= _LITTLE else Verdict.POOR if free >= _NONE else Verdict.BROKEN
        advice = "" if verdict is Verdict.GOOD else "make room, or set TMPDIR to a larger disk"
        yield Finding(what, verdict, f"{free / _GIB:.1f} GiB free in {folder}", advice)
