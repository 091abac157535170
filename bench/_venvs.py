"""Venvs of peers whose dependencies clash with ours, made on demand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["peer"]

HERE = Path(__file__).parent


def peer(name: str, *packages: str) -> Path:
    """The Python of ``bench/.venvs/<name>``, with exactly these packages asked for."""
    folder = HERE / ".venvs" / name
    python, note = folder / "bin" / "python", folder / "packages.txt"
    wanted = "\n".join(packages)
    if not note.exists() or note.read_text() != wanted:
        uv = _uv()
        print(f"bench: installing {', '.join(packages)} into {folder}")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
        note.write_text(wanted)
    return python


def _uv() -> str:
    own = HERE.parent / ".uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        sys.exit("bench: uv is missing: run `make install`")
    return found
