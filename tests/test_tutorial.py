"""The tutorial, executed word by word in a clone of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(
    r"^```(sh|diff|text)\n(.*?)^```$", (ROOT / "docs" / "tutorial.md").read_text(), re.DOTALL | re.MULTILINE
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What is tracked, as it stands here, with the installer; packages come from the installer's cache."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("plugins/sandbox/tests/peers/"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / ".uv", tmp_path / ".uv", symlinks=True)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def run(command: list[str], folder: Path, given: str = "") -> str:
    """The output of a command that must succeed; nothing is fetched from a network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VIRTUAL_ENV"))}
    environment = {**kept, "UV_OFFLINE": "1", "GIT_CEILING_DIRECTORIES": str(folder.parent), "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, input=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{command} {given}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_tutorial_works_as_it_stands(clone: Path) -> None:
    output = ""
    for number, (kind, text) in enumerate(BLOCKS):
        if kind == "diff":
            run(["git", "apply", "-"], clone, text)
        elif kind == "sh":
            activated = "" if number == 0 else "source .venv/bin/activate\n"
            output = run(["bash", "-euo", "pipefail", "-c", activated + text], clone)
        else:
            assert text.strip() in " ".join(output.split()) or text.strip() in output, (
                f"{text}\nis not in\n{output[-3000:]}"
            )
