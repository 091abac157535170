"""`make doctor` in a process of its own, with every package's looks side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
DEAD = "127.0.0.1:9"


def test_where_everything_is_dead_each_service_is_named_with_advice_in_ten_seconds(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "x" * 16,
        "AWS_SECRET_ACCESS_KEY": "canary-word",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL_S3": f"http://{DEAD}",
        "DIF_REDIS_URL": f"redis://:canary-word@{DEAD}/0",
        "DIF_VAULT_URL": f"postgresql://vault:canary-word@{DEAD}/vault",
        "DIF_VAULT_KEY": "local:/nowhere/keys.json",
        "TARGET_REDSHIFT_HOST": "127.0.0.1",
        "TARGET_REDSHIFT_PORT": "9",
        "TARGET_REDSHIFT_DATABASE": "dev",
        "TARGET_REDSHIFT_BUCKET": "stage",
        "TARGET_REDSHIFT_IAM_ROLE": "default",
    }
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "dif_kit.doctor", "--json", "--root", ROOT],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    seconds = time.monotonic() - began
    found = json.loads(done.stdout)
    broken = {finding["what"] for finding in found if finding["verdict"] == "BROKEN"}
    assert done.returncode == 1
    assert {"redis", "ledger", "vault, database", "s3 stage", "redshift, acme", "vault://acme/pinterest"} <= broken
    assert all(finding["advice"] for finding in found if finding["verdict"] == "BROKEN")
    assert "canary-word" not in done.stdout + done.stderr
    assert "Error: " not in done.stdout, "a look failed by a mistake of its own"
    assert seconds < 30, "ten seconds, on a machine that has nothing else to do"
