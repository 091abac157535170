"""Without the planner of AWS: what is due is carried out by whoever calls, and told by an exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "dif-deploy"


@pytest.fixture
def store(project: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A client of this test's own, whose tap has no more than it sends at once."""
    shop = Path(project["MELTANO_PROJECT_ROOT"])
    (tmp_path / "clients").mkdir()
    (tmp_path / "meltano.yml").write_text((shop / "meltano.yml").read_text())
    told = (shop / "clients" / "shop.meltano.yml").read_text()
    (tmp_path / "clients" / "store.meltano.yml").write_text(
        told.replace("name: shop}]", "name: store}]")
        .replace("shop-shop", "store-shop")
        .replace(": shop}}", ": store}}")
    )
    return {**project, "MELTANO_PROJECT_ROOT": str(tmp_path), "DIF_WORK": str(tmp_path / "work"), "TAP_SHOP_ROWS": "40"}


def due(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "due", *options], env=environment, cwd=environment["MELTANO_PROJECT_ROOT"], capture_output=True,
        text=True, timeout=600, check=False,
    )  # fmt: skip


def broken_tap(environment: dict[str, str]) -> dict[str, str]:
    """The tap can say what it has, and nothing more."""
    whole = shutil.which("tap-shop", path=environment["PATH"])
    tap = Path(environment["MELTANO_PROJECT_ROOT"], "bin", "tap-shop")
    tap.parent.mkdir()
    tap.write_text(f'#!/bin/sh\ncase "$*" in *--discover*) exec {whole} "$@";; esac\necho tap-shop: no >&2\nexit 1\n')
    tap.chmod(0o755)
    return {**environment, "PATH": f"{tap.parent}:{environment['PATH']}"}


def test_what_is_due_is_carried_out_once_and_a_failure_is_told(store: dict[str, str]) -> None:
    other = due(store, "--client", "somebody-else")
    assert (other.returncode, other.stdout) == (0, "")
    assert "nothing is due" in other.stderr
    broken = due(broken_tap(store), "--client", "store")
    assert broken.returncode == 1, broken.stderr
    assert json.loads(broken.stdout.splitlines()[-1])["status"] == "failed"
    soon = {**store, "DIF_RETRY_SECONDS": "0"}
    done = due(soon, "--client", "store", "--tap", "tap-shop", "--target", "target-s3-csv")
    assert done.returncode == 0, done.stderr
    end = json.loads(done.stdout.splitlines()[-1])
    assert (end["status"], end["reason"]) == ("done", "retry")
    again = due(soon)
    assert (again.returncode, again.stdout) == (0, "")


def test_another_command_gets_the_logins_and_its_own_options() -> None:
    told = subprocess.run(
        [COMMAND, "exec", sys.executable, "-c", "import os; print(os.environ['DIF_LEDGER_URL'])", "--help"],
        env={**os.environ, "DIF_LEDGER_URL": "postgresql://here"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (0, "postgresql://here\n"), told.stderr
    missing = subprocess.run([COMMAND, "exec", "not-there"], capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stderr) == (
        2, "dif-deploy: not-there cannot be started: No such file or directory\n",
    )  # fmt: skip
