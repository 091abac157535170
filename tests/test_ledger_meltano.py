"""The supervised run and the backfill as they are used: Meltano, the client's own settings, the whole pipe.

A backfill and its proof start Meltano some twenty times, and each imports for a second: those are forks.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dif_sandbox.demo._places import Source, Warehouse
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import login_of
from psycopg.rows import dict_row
from warm import Warm

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
LIVE = "demo:tap-pinterest-to-target-redshift"


def noted(settings: dict[str, str], table: str) -> list[dict[str, Any]]:
    with psycopg.connect(settings["DIF_LEDGER_URL"], row_factory=dict_row) as ledger:
        return ledger.execute(f"SELECT * FROM ledger.{table}").fetchall()  # type: ignore[call-overload]


def test_a_run_of_meltano_is_noted_with_what_the_warehouse_has(meltano: dict[str, str], tmp_path: Path) -> None:
    command = ["ledger", "run", "demo", "tap-pinterest", "target-redshift", "--logs", str(tmp_path / "logs")]
    run = subprocess.run(command, env=meltano, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]
    assert "is done" in run.stdout
    (ran,) = noted(meltano, "runs")
    streams = sorted(noted(meltano, "streams"), key=lambda row: row["stream"])
    assert (ran["client"], ran["status"]) == ("demo", "done")
    assert [row["stream"] for row in streams] == ["ad_accounts", "campaigns"]
    assert all(row["extracted"] == row["loaded"] > 0 for row in streams)
    assert {unit["run_id"] for unit in noted(meltano, "deliveries")} == {ran["run_id"]}
    shown = subprocess.run(
        ["ledger", "status", "demo", "tap-pinterest"],
        env=meltano, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran["run_id"] in shown.stdout


def test_a_backfill_of_meltano_goes_on_after_its_witness_was_killed_and_leaves_the_live_state_alone(
    sandbox: Sandbox, meltano: dict[str, str], warm_meltano: Warm, tmp_path: Path
) -> None:
    meltano["PATH"] = f"{warm_meltano.bin}{os.pathsep}{meltano['PATH']}"
    live = {"singer_state": {"bookmarks": {"campaign_analytics": {"replication_key_value": "2026-10-30"}}}}
    meltano["TAP_PINTEREST__SELECT"] = json.dumps(["ad_accounts.*", "campaign_analytics.*"])
    ask = {"env": meltano, "cwd": ROOT, "capture_output": True, "text": True, "timeout": 300}
    set_live = ["meltano", "--environment=demo", "state", "set", "--force", LIVE, json.dumps(live)]
    assert subprocess.run(set_live, check=False, **ask).returncode == 0  # type: ignore[call-overload]
    kept = states(tmp_path)
    assert len(kept) == 1
    source = Source(sandbox.environment()["SANDBOX_PINTEREST_URL"], "demo")
    source.forget_requests()
    command = [
        "ledger", "backfill", "demo", "tap-pinterest", "--from", "2026-10-05", "--to", "2026-10-08", "--yes",
        "--chunk-days", "2", "--stream", "campaign_analytics", "--target", "target-redshift",
        "--logs", str(tmp_path / "logs"),
    ]  # fmt: skip
    with (tmp_path / "first.log").open("wb") as log:
        real = Path(sys.executable).with_name(command[0])
        first = subprocess.Popen([real, *command[1:]], env=meltano, cwd=ROOT, stdout=log, stderr=log)
        while first.poll() is None and not source.requests():
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        first.wait()
    other = subprocess.run([*command, "--stream", "ad_analytics"], check=False, **ask)  # type: ignore[call-overload]
    assert (other.returncode, "ad_analytics is not selected" in other.stderr) == (2, True), other.stderr
    done = subprocess.run(command, check=False, **ask)  # type: ignore[call-overload]
    assert done.returncode == 0, (tmp_path / "first.log").read_text()[-2000:] + done.stdout + done.stderr[-3000:]
    assert [row["status"] for row in noted(meltano, "chunks")] == ["done", "done"]
    runs = noted(meltano, "runs")
    assert {run["kind"] for run in runs} == {"backfill"}
    assert sorted({(run["status"], run["cause"]) for run in runs}, key=str) == [
        ("done", None),
        ("failed", "supervisor_died"),
    ]
    assert states(tmp_path) == kept, "the live STATE has changed, or that of the backfill was left"
    assert loaded(meltano) == [f"2026-10-0{day}" for day in range(5, 9)]
    ask["timeout"] = 120
    verify = ["ledger", "verify", "demo", "tap-pinterest", "target-redshift", "--source", "--json"]
    verify += ["--from", "2026-10-05", "--to", "2026-10-08"]
    found = subprocess.run(verify, check=False, **ask)  # type: ignore[call-overload]
    assert found.returncode == 0, found.stdout + found.stderr[-3000:]
    compared = {each["stream"]: (each["days"], each["differences"]) for each in json.loads(found.stdout)}
    assert compared["campaign_analytics"] == (4, []), "Meltano's tap was asked anew for the provider's totals"
    assert states(tmp_path) == kept


def states(folder: Path) -> dict[str, bytes]:
    """What Meltano's backend keeps, by id."""
    return {path.parent.name: path.read_bytes() for path in (folder / "state").rglob("state.json")}


def loaded(settings: dict[str, str]) -> list[str]:
    """The days that are in the warehouse, each row once, as many as the provider has."""
    warehouse = Warehouse(settings["TARGET_REDSHIFT_SCHEMA"], settings, login_of(settings))
    keys = ("ad_account_id", "campaign_id", "date")
    try:
        found = warehouse.table("campaign_analytics", keys)
    finally:
        warehouse.close()
    assert not found.repeated
    truth = Source(settings["SANDBOX_PINTEREST_URL"], "demo").table("campaign_analytics", keys, date(2026, 10, 1))
    days = sorted({str(row["date"]) for row in found.rows.values()})
    wanted = [row for row in truth.rows.values() if str(row["date"]) in days]
    assert len(found.rows) == len(wanted)
    return days
