"""dbt-redshift, unmodified: a project is built, built again on changed seeds, fully refreshed, documented."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).with_name("dbt_project")
KEY_COLUMNS = {"campaigns": 1, "daily_spend": 2}


# dbt as a library, as its documentation has it: a command line would import for two seconds for each command.
RUNNER = """
import json, os, sys
from dbt.cli.main import dbtRunner
told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    done = dbtRunner().invoke(json.loads(line))
    print(json.dumps([done.success, str(done.exception)]), file=told, flush=True)
"""


class Dbt:
    """A copy of the project, and dbt's commands on it: the first as a command line, the others in one process."""

    def __init__(self, peer: Any, warehouse: Any, folder: Path) -> None:
        self.folder = folder
        self._peer = peer
        self._options = ("--profiles-dir", ".", "--no-use-colors")
        self._variables = {
            **warehouse.variables,
            "DBT_ENV_SECRET_PASSWORD": warehouse.password,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "WAREHOUSE_USER": warehouse.user,
        }
        self._log = folder / "runner.log"
        self._runner: subprocess.Popen[str] | None = None

    def run(self, *command: str) -> dict[str, str]:
        """Run a command line: the status of each node by its name."""
        done = self._peer.run("dbt", *command, *self._options, cwd=self.folder, env=self._variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return self._statuses()

    def run_more(self, *command: str) -> dict[str, str]:
        """Run a further command: the status of each node by its name."""
        if self._runner is None:
            program = self._peer.folder / "bin" / "python"
            with self._log.open("w") as log:
                self._runner = subprocess.Popen(
                    [program, "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                    cwd=self.folder, env=self._variables, text=True,
                )  # fmt: skip
        assert self._runner.stdin
        assert self._runner.stdout
        self._runner.stdin.write(json.dumps([*command, *self._options]) + "\n")
        self._runner.stdin.flush()
        told = self._runner.stdout.readline()
        assert told, self._log.read_text()
        success, wrong = json.loads(told)
        assert success, self._log.read_text() + wrong
        return self._statuses()

    def end(self) -> None:
        """No further command comes."""
        if self._runner is not None:
            self._runner.communicate()

    def _statuses(self) -> dict[str, str]:
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return {result["unique_id"].split(".")[2]: result["status"] for result in results}

    def change(self, seed: str, *lines: str) -> None:
        """Give a seed these rows, in the place of those with the same key."""
        file = self.folder / "seeds" / f"{seed}.csv"
        parts = KEY_COLUMNS[seed]
        keys = {tuple(line.split(",")[:parts]) for line in lines}
        header, *rows = file.read_text().splitlines()
        kept = [row for row in rows if tuple(row.split(",")[:parts]) not in keys]
        file.write_text("\n".join([header, *kept, *lines]) + "\n")


@pytest.fixture(scope="module")
def dbt(peer: Any, warehouse: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    folder = tmp_path_factory.mktemp("dbt") / "project"
    shutil.copytree(PROJECT, folder)
    dbt = Dbt(peer("dbt"), warehouse, folder)
    yield dbt
    dbt.end()


def test_dbt_builds_rebuilds_refreshes_and_documents_a_project(dbt: Dbt, warehouse: Any) -> None:
    first = dbt.run("build")
    assert set(first.values()) == {"success", "pass"}
    assert len(first) == 14
    assert warehouse.rows(
        "select campaign_id, days, spend, span_days, spends from analytics.campaign_totals order by 1"
    ) == [
        (1, 2, Decimal("22.50"), 1, "10.00|12.50"),
        (2, 2, Decimal("50.25"), 1, "20.25|30.00"),
        (3, 1, Decimal("4.99"), 0, "4.99"),
    ]

    dbt.change(
        "campaigns",
        "1,Spring sale,ENDED,100.00,2026-11-03 08:00:00",
        "4,Launch,ACTIVE,10.00,2026-11-03 09:00:00",
    )
    dbt.change("daily_spend", "1,2026-11-02,13.00", "4,2026-11-03,1.00")
    assert set(dbt.run_more("build").values()) == {"success", "pass"}
    assert warehouse.rows("select campaign_id, name, status from analytics.campaigns_merged order by 1") == [
        (1, "Spring sale", "ENDED"),
        (2, 'Été, "flash"', "ACTIVE"),
        (3, "ブランド", "PAUSED"),
        (4, "Launch", "ACTIVE"),
    ]
    by_day = [
        (date(2026, 11, 1), Decimal("30.25"), 2),
        (date(2026, 11, 2), Decimal("47.99"), 3),
        (date(2026, 11, 3), Decimal("1.00"), 1),
    ]
    assert warehouse.rows("select day, spend, campaigns from analytics.spend_by_day order by 1") == by_day
    history = (
        "select campaign_id, status, dbt_valid_to is null from history.campaign_history order by 1, dbt_valid_from"
    )
    assert warehouse.rows(history) == [
        (1, "ACTIVE", False),
        (1, "ENDED", True),
        (2, "ACTIVE", True),
        (3, "PAUSED", True),
        (4, "ACTIVE", True),
    ]

    assert set(dbt.run_more("build", "--full-refresh").values()) == {"success", "pass"}
    assert warehouse.rows("select day, spend, campaigns from analytics.spend_by_day order by 1") == by_day
    assert len(warehouse.rows(history)) == 5

    dbt.run_more("docs", "generate")
    catalog = json.loads((dbt.folder / "target" / "catalog.json").read_text())
    assert catalog["errors"] is None
    seed = catalog["nodes"]["seed.spend.campaigns"]["columns"]
    assert {name: column["type"] for name, column in seed.items()} == {
        "id": "integer",
        "name": "character varying(120)",
        "status": "character varying(20)",
        "budget": "numeric(12,2)",
        "updated_at": "timestamp without time zone",
    }
    stats = catalog["nodes"]["model.spend.campaign_totals"]["stats"]
    assert stats["diststyle"]["value"] == "KEY(campaign_id)"
    assert stats["sortkey1"]["value"] == "campaign_id"
    assert catalog["nodes"]["model.spend.stg_campaigns"]["metadata"]["type"] == "VIEW"
