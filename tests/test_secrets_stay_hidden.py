"""After a whole run, no secret stands anywhere but in the memory of those who used it and, encrypted, in the vault."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import boto3
import psycopg
import pytest
from dif_sandbox.demo._places import Warehouse
from dif_sandbox.services import Sandbox

CLIENT = "demo"


def forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    return {raw, base64.b64encode(raw), raw.hex().encode()}


def command_lines() -> bytes:
    """What every user of the host sees of all processes."""
    shown = b""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            shown += entry.read_bytes() + b"\n"
        except OSError:  # it has ended
            continue
    return shown


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def objects(environment: dict[str, str]) -> dict[str, bytes]:
    bucket, prefix = environment["TARGET_REDSHIFT_BUCKET"], environment["TARGET_REDSHIFT_PREFIX"]
    s3 = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/").get("Contents", ())
    return {item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in found}


@pytest.mark.slow
def test_no_secret_is_left_by_a_run_of_meltano(
    sandbox: Sandbox, environment: dict[str, str], meltano: dict[str, str], tmp_path: Path
) -> None:
    credentials = Path(environment["DIF_CREDENTIALS"].removeprefix("file://"))
    given = [json.loads((credentials / CLIENT / name).read_text()) for name in ("pinterest", "redshift")]
    canaries = [given[0]["client_secret"], given[0]["refresh_token"], given[1]["password"]]
    settings = {**meltano, "MELTANO_CLI_LOG_LEVEL": "debug"}
    imported = subprocess.run(
        ["vault", "import", str(credentials)], env=settings, capture_output=True, timeout=120, check=True
    )
    assert not [one for one in canaries if one.encode() in imported.stdout + imported.stderr]
    with (tmp_path / "run.log").open("wb") as log:
        run = subprocess.Popen(
            ["meltano", f"--environment={CLIENT}", "run", "tap-pinterest", "target-redshift"],
            env=settings, cwd=Path(__file__).parents[1], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    shown = b""
    while run.poll() is None:
        shown += command_lines()
        try:
            run.wait(0.3)
        except subprocess.TimeoutExpired:
            continue
    assert run.returncode == 0, (tmp_path / "run.log").read_text()[-2000:]

    places = {"process list": shown, **files(tmp_path), **objects(settings)}
    logs = files(sandbox.folder / "logs")
    warehouse = Warehouse(settings["TARGET_REDSHIFT_SCHEMA"], environment, given[1])
    for table in ("ad_accounts", "campaigns", "_dif_deliveries"):
        places[f"table {table}"] = str(
            warehouse.table(table, ("id",)).rows if table[0] != "_" else warehouse.deliveries()
        ).encode()
    warehouse.close()
    with psycopg.connect(environment["DIF_VAULT_URL"]) as connection:
        for table in ("credential", "access_token", "audit"):
            with connection.cursor().copy(f"COPY dif_vault.{table} TO STDOUT") as rows:
                places[f"vault {table}"] = b"".join(rows)
    assert b"tap-pinterest" in shown
    assert any("meltano" in name for name in places)
    assert any(name.endswith("manifest.json") for name in places)
    leaks = [
        name for name, text in {**places, **logs}.items() for one in canaries for form in forms(one) if form in text
    ]
    assert not leaks
