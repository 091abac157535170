"""Without the planner of AWS: what is due is carried out by whoever calls, and told by an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGTERM, getsignal, signal

import pytest
from click.testing import CliRunner, Result
from dif_deploy.cli import main

COMMAND = Path(sys.executable).parent / "dif-deploy"
SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}}
SELECTED = {"breadcrumb": [], "metadata": {"inclusion": "available", "selected": True}}


@pytest.fixture
def store(project: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
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
    environment = {**project, "MELTANO_PROJECT_ROOT": str(tmp_path), "DIF_WORK": str(tmp_path / "work")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # What Meltano has told on this machine before: that it is asked, test_deploy_lambda.py shows.
    said = {
        "tap": {"rows": 40, "rows_a_part": 40},
        "target": {"bucket": project["TARGET_S3_CSV_BUCKET"], "client": "store", "prefix": "raw"},
        "catalog": {"streams": [{"tap_stream_id": "ads", "stream": "ads", "schema": SCHEMA, "metadata": [SELECTED]}]},
    }  # fmt: skip
    folder = tmp_path / "work" / "pairs" / "store" / "tap-shop-to-target-s3-csv"
    folder.mkdir(parents=True)
    for name, value in said.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    return environment


@contextmanager
def signals_as_they_were() -> Iterator[None]:
    held = {number: getsignal(number) for number in (SIGTERM, SIGINT)}
    try:
        yield
    finally:
        for number, handler in held.items():
            signal(number, handler)


def due(*options: str) -> Result:
    """The command, in this process: to start one takes longer than what it does."""
    with signals_as_they_were():
        return CliRunner().invoke(main, ["due", *options])


def path_with_a_broken_tap(environment: dict[str, str]) -> str:
    tap = Path(environment["MELTANO_PROJECT_ROOT"], "bin", "tap-shop")
    tap.parent.mkdir()
    tap.write_text("#!/bin/sh\necho tap-shop: no >&2\nexit 1\n")
    tap.chmod(0o755)
    return f"{tap.parent}:{environment['PATH']}"


def test_what_is_due_is_carried_out_once_and_a_failure_is_told(
    store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = due("--client", "somebody-else")
    assert (other.exit_code, other.stdout) == (0, "")
    assert "nothing is due" in other.stderr
    with monkeypatch.context() as patch:
        patch.setenv("PATH", path_with_a_broken_tap(store))
        broken = due("--client", "store")
    assert broken.exit_code == 1, broken.output
    assert json.loads(broken.stdout.splitlines()[-1])["status"] == "failed"
    monkeypatch.setenv("DIF_RETRY_SECONDS", "0")
    done = due("--client", "store", "--tap", "tap-shop", "--target", "target-s3-csv")
    assert done.exit_code == 0, done.output
    end = json.loads(done.stdout.splitlines()[-1])
    assert (end["status"], end["reason"]) == ("done", "retry")
    again = due()
    assert (again.exit_code, again.stdout) == (0, "")


def test_another_command_gets_the_logins_and_its_own_options() -> None:
    told = subprocess.run(
        [COMMAND, "exec", sys.executable, "-c", "import os; print(os.environ['DIF_LEDGER_URL'])", "--help"],
        env={**os.environ, "DIF_LEDGER_URL": "postgresql://here"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout) == (0, "postgresql://here\n"), told.stderr
    missing = CliRunner().invoke(main, ["exec", "not-there"])
    assert (missing.exit_code, missing.stderr) == (
        2, "dif-deploy: not-there cannot be started: No such file or directory\n",
    )  # fmt: skip
