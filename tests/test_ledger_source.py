"""`ledger verify --source`: what the provider says now against the warehouse; one day that it restated is found."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_sandbox.services.warehouse import connect

pytestmark = pytest.mark.slow
STREAMS = ("ad_accounts", "campaigns", "campaign_analytics", "ad_account_analytics")


def test_the_provider_is_asked_anew_and_one_altered_day_is_named(pipe: Any, tmp_path: Path) -> None:
    made = pipe(streams=STREAMS, tap_config={"start_date": "2026-10-20", "end_date": "2026-10-24"})
    ended = made.run()
    assert (ended.tap, ended.target) == (0, 0), ended.tap_error + ended.target_error
    found = verify(made)
    assert (found.returncode, differences(found)) == (0, []), found.stderr
    with connect(made.environment) as warehouse:
        table = f'"{made.name}".campaign_analytics'
        (row,) = warehouse.execute(  # type: ignore[call-overload]
            f"SELECT campaign_id, ad_account_id FROM {table} WHERE date = '2026-10-22' ORDER BY 1 LIMIT 1"
        ).fetchall()
        warehouse.execute(  # type: ignore[call-overload]
            f"UPDATE {table} SET total_impression = total_impression + 1 "
            f"WHERE campaign_id = '{row[0]}' AND date = '2026-10-22'"
        )
    requests.put(
        f"{made.environment['SANDBOX_PINTEREST_URL']}/_sim/faults",
        json=[{"kind": "columns", "match": "/ad_accounts/[0-9]+/analytics", "where": "TOTAL_IMPRESSION",
               "columns": {"TOTAL_IMPRESSION": "many"}}],
        timeout=30,
    )  # fmt: skip
    refused = verify(made)
    assert refused.returncode == 1
    assert refused.stderr.strip().startswith("ledger: the provider's total of TOTAL_IMPRESSION in ")
    assert "is 'many', no number" in refused.stderr
    found = verify(made)
    (other,) = [each for each in differences(found) if each["place"] == "provider"]
    assert found.returncode == 3
    assert (other["stream"], other["day"]) == ("campaign_analytics", "2026-10-22")
    assert other["column"] == f"TOTAL_IMPRESSION of AD_ACCOUNT_ID {row[1]}"
    assert int(other["files"]) == int(other["other"]) + 1


def verify(made: Any) -> Any:
    files = [str(made.folder / name) for name in ("target.json", "tap.json")]
    done = made.warm.run(
        ["ledger", "verify", made.client, "tap-pinterest", "target-redshift", "--source", "--json",
         "--from", "2026-10-20", "--to", "2026-10-24", "--target-config", files[0], "--tap-config", files[1]],
        env={**made.environment, "PATH": f"{made.warm.bin}{os.pathsep}{made.environment['PATH']}"},
    )  # fmt: skip
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def differences(found: Any) -> list[dict[str, Any]]:
    return [each for stream in json.loads(found.stdout) for each in stream["differences"]]
