"""What an operator does besides building: freshness and documentation by Meltano, in one run; logins by IAM."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loads import META

if TYPE_CHECKING:
    from conftest import World

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def fresh(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A client whose only delivery has just come."""
    client = replace(world, client="fresh", folder=tmp_path_factory.mktemp("fresh"), made=set())
    row = ("2026-11-03", "77", "EUR", "m", "1.00", 1)
    client.load("tap-meta", "campaign_insights", META, [row], f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}")
    return client


def run(client: World, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **client.environment,
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "MELTANO_SYS_DIR_ROOT": str(client.folder / "meltano"),
        "MELTANO_DATABASE_URI": f"sqlite:///{client.folder / 'meltano.db'}",
        "DIF_DBT_CLIENT": client.client,
        "DBT_TARGET_PATH": str(client.folder),
        "DBT_LOG_PATH": str(client.folder),
        **variables,
    }
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def credential(client: World) -> str:
    return client.environment["DIF_CREDENTIALS"] + "/demo/redshift"


def written(client: World, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((client.folder / f"{name}.json").read_text())
    return found


def above(lineage: dict[str, list[str]], node: str) -> set[str]:
    """All that a node is made of, however far up."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for parent in lineage[waiting.pop()]:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_docs_know_what_a_dashboard_is_made_of_and_freshness_when_it_was_delivered(fresh: World) -> None:
    command = ("meltano", "--environment=demo", "run", "dbt:freshness", "dbt:docs")
    done = run(fresh, *command, DIF_DBT_CREDENTIAL_REF=credential(fresh))
    assert done.returncode == 0, done.stdout + done.stderr
    (delivery,) = written(fresh, "sources")["results"]
    assert (delivery["unique_id"], delivery["status"]) == ("source.dif.dif._dif_deliveries", "pass")

    manifest = written(fresh, "manifest")
    assert {"exposure.dif.media_spend", "exposure.dif.outcomes"} <= manifest["exposures"].keys()
    sources = above(manifest["parent_map"], "exposure.dif.media_spend")
    assert {
        "model.dif.mart_media_campaign_daily",
        "source.dif.meta.campaign_insights",
        "source.dif.amazon_ads.sd_campaign_report",
        "source.dif.dif._dif_windows",
        "source.dif.fx.rates",
    } <= sources
    assert "source.dif.shopify.order_journeys" in above(manifest["parent_map"], "exposure.dif.outcomes")
    described = [node for name, node in manifest["nodes"].items() if name.startswith("model.dif.mart_")]
    assert all(node["description"] for node in described)
    tables = written(fresh, "catalog")["sources"]
    assert "finished_at" in tables["source.dif.dif._dif_deliveries"]["columns"]


def test_a_client_without_a_delivery_for_two_days_is_stale(fresh: World) -> None:
    fresh.query("update fresh._dif_deliveries set finished_at = finished_at - interval '49 hours'")
    done = run(fresh, "dif-dbt", "source", "freshness", DIF_DBT_CREDENTIAL_REF=credential(fresh))
    assert done.returncode == 1
    (delivery,) = written(fresh, "sources")["results"]
    assert delivery["status"] == "error"


def test_dbt_logs_in_as_the_identity_of_aws(fresh: World) -> None:
    """Redshift's API, as the sandbox has it, lends a user; nobody has told dbt a password."""
    done = run(fresh, "dif-dbt", "debug", "--connection", TARGET_REDSHIFT_CLUSTER="dif-sandbox")
    assert "method: iam_role" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    login = {"TARGET_REDSHIFT_CLUSTER": "dif-sandbox", "AWS_ACCESS_KEY_ID": "AKIA0000STRANGER0000"}
    assert run(fresh, "dif-dbt", "debug", "--connection", **login).returncode == 1
