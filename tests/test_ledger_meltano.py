"""The supervised run as it is used: Meltano, the client's own settings, the whole pipe; and what it costs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from dif_sandbox.services import Sandbox
from psycopg.rows import dict_row

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]


@pytest.fixture
def settings(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    credentials = environment["DIF_CREDENTIALS"].removeprefix("file://")
    given = {
        **environment,
        "MELTANO_STATE_BACKEND_URI": f"file://{tmp_path / 'state'}",
        "MELTANO_SYS_DIR_ROOT": str(tmp_path / "meltano"),
        "MELTANO_DATABASE_URI": f"sqlite:///{tmp_path / 'meltano.db'}",
        "TAP_PINTEREST_START_DATE": "2026-10-30",
        "TAP_PINTEREST__SELECT": json.dumps(["ad_accounts.*", "campaigns.*"]),
        "TARGET_REDSHIFT_SCHEMA": "supervised",
        "TARGET_REDSHIFT_PREFIX": "supervised",
    }
    for command in (["vault", "init"], ["vault", "import", credentials], ["ledger", "init"]):
        subprocess.run(command, env=given, capture_output=True, timeout=120, check=True)
    return given


def test_a_run_of_meltano_is_noted_with_what_the_warehouse_has(
    sandbox: Sandbox, settings: dict[str, str], tmp_path: Path
) -> None:
    command = ["ledger", "run", "demo", "tap-pinterest", "target-redshift", "--logs", str(tmp_path / "logs")]
    run = subprocess.run(command, env=settings, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]
    assert "is done" in run.stdout
    with psycopg.connect(settings["DIF_VAULT_URL"], row_factory=dict_row) as ledger:
        (noted,) = ledger.execute("SELECT * FROM ledger.runs").fetchall()
        streams = ledger.execute("SELECT * FROM ledger.streams ORDER BY stream").fetchall()
        units = ledger.execute("SELECT * FROM ledger.deliveries").fetchall()
    assert (noted["client"], noted["status"]) == ("demo", "done")
    assert [row["stream"] for row in streams] == ["ad_accounts", "campaigns"]
    assert all(row["extracted"] == row["loaded"] > 0 for row in streams)
    assert {unit["run_id"] for unit in units} == {noted["run_id"]}
    shown = subprocess.run(
        ["ledger", "status", "demo", "tap-pinterest"],
        env=settings, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert noted["run_id"] in shown.stdout
