"""What a credential costs: to put and open it, in calls of KMS; and a fleet that needs a new token at the same moment.

Peers: plain `kms:Encrypt` of the whole credential, and a file that only its owner may read. The fleet's figures are
counts, which a slow machine does not change. usage: make bench what=vault, or python bench/vault.py --quick
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from _measure import CONSOLE, RESULTS
from dif_kit.credentials import resolve
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi
from dif_sandbox.services import Aws, Identity, Postgres
from dif_vault import SecretName, Vault
from dif_vault._store import Store
from dif_vault.keys import KeyRing, KmsKeys, LocalKeys
from rich.table import Table

CALLER = Identity("bench", "AKIABENCH", "benchsecret")
FLEET = Path(__file__).parents[1] / "plugins" / "vault" / "tests" / "fleet.py"
VALUES = {"client_id": "app", "client_secret": "s" * 40, "refresh_token": "refresh-1"}
PLACE = SecretName("acme", "pinterest")
QUICK = "--quick" in sys.argv
TIMES = 20 if QUICK else 100
PROCESSES, ROUNDS = 16, 5 if QUICK else 50


def kms_calls(aws: Aws) -> int:
    with urllib.request.urlopen(f"{aws.url}/_aws/calls") as answer:
        return sum(call["count"] for call in json.load(answer)["calls"] if call["action"].startswith("kms:"))


def milliseconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        act()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measure_ways(url: str, aws: Aws, folder: Path) -> list[dict[str, Any]]:
    """Put and open in each way, and the calls of KMS that one of each makes."""
    kms = boto3.client("kms")
    ways: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {}
    for name, key in (
        ("vault, KMS", KmsKeys(aws.key_id, kms)),
        ("vault, key file", LocalKeys.create(folder / "k.json")),
    ):
        vault, place = Vault(Store(url), KeyRing([key]), actor="bench"), SecretName("bench", key.kind)
        ways[name] = (lambda v=vault, p=place: v.put(p, VALUES), lambda v=vault, p=place: v.open(p))
    plain = json.dumps(VALUES).encode()
    blob = kms.encrypt(KeyId=aws.key_id, Plaintext=plain)["CiphertextBlob"]
    ways["plain kms:Encrypt, kept nowhere"] = (
        lambda: kms.encrypt(KeyId=aws.key_id, Plaintext=plain),
        lambda: kms.decrypt(CiphertextBlob=blob),
    )
    file = folder / "credential"
    file.write_bytes(plain)
    file.chmod(0o600)
    ways["file://"] = (lambda: file.write_bytes(plain), lambda: resolve(f"file://{file}"))
    rows = []
    for name, (put, get) in ways.items():
        put()
        before = kms_calls(aws)
        get()
        calls = kms_calls(aws) - before
        rows.append(
            {"way": name, "put_ms": milliseconds(put), "open_ms": milliseconds(get), "kms_calls_an_open": calls}
        )
    return rows


def measure_run(url: str, aws: Aws) -> dict[str, Any]:
    """A run that resolves its reference once, and asks for it again a thousand times."""
    os.environ |= {"DIF_VAULT_URL": url, "DIF_VAULT_KEY": aws.key_id}
    Vault(Store(url), KeyRing([KmsKeys(aws.key_id)]), actor="bench").put(PLACE, VALUES)
    before = kms_calls(aws)
    credential = resolve(str(PLACE))
    again = milliseconds(lambda: resolve(str(PLACE)))
    for _ in range(1000):
        _ = credential["refresh_token"]
    return {"kms_calls_a_run_and_credential": kms_calls(aws) - before, "resolve_again_ms": again}


def measure_fleet(url: str, aws: Aws, folder: Path) -> dict[str, Any]:
    """The provider gives each refresh token once and voids the former access token: who asks twice is found out."""
    given = {"count": 0, "refused": 0, "refresh": VALUES["refresh_token"], "access": ""}

    def token(request: ApiRequest) -> ApiAnswer:
        if request.form["refresh_token"] != given["refresh"]:
            given["refused"] += 1
            return ApiAnswer({"error": "invalid_grant"}, status=400)
        given["count"] += 1
        given["refresh"], given["access"] = f"refresh-{given['count'] + 1}", f"access-{given['count']}"
        return ApiAnswer({"access_token": given["access"], "refresh_token": given["refresh"], "expires_in": 3600})

    def things(request: ApiRequest) -> ApiAnswer:
        known = given["access"] and f"Bearer {given['access']}" in request.headers.values()
        return ApiAnswer({"token": given["access"]}, status=200 if known else 401)

    def void(_request: ApiRequest) -> ApiAnswer:
        given["access"] = ""
        return ApiAnswer({})

    with FakeApi() as api:
        api.on("POST", "/token", token)
        api.on("GET", "/list", things)
        api.on("POST", "/void", void)
        before, started = kms_calls(aws), time.perf_counter()
        done = subprocess.run(
            [sys.executable, FLEET, api.url, str(PROCESSES), str(ROUNDS)], capture_output=True, text=True, check=True
        )
    served, seconds, calls = json.loads(done.stdout), time.perf_counter() - started, kms_calls(aws) - before
    every_key = KeyRing([KmsKeys(aws.key_id), LocalKeys(folder / "k.json")])
    return {
        "processes": PROCESSES,
        "rounds": len(served),
        "calls_of_the_provider": given["count"],
        "refused_by_the_provider": given["refused"],
        "rounds_in_which_all_had_the_new_token": sum(
            one == [f"access-{n}"] * PROCESSES for n, one in enumerate(served, 1)
        ),
        "kms_calls": calls,
        "seconds_a_round": seconds / ROUNDS,
        "faults_in_the_audit": len(Vault(Store(url), every_key, actor="bench").verify().faults),
    }


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        Postgres(Path(name) / "postgres", durable=False) as postgres,
        Aws(Path(name) / "aws", callers=(CALLER,)) as aws,
    ):
        os.environ |= {
            "AWS_ENDPOINT_URL_KMS": aws.url, "AWS_ACCESS_KEY_ID": CALLER.access_key,
            "AWS_SECRET_ACCESS_KEY": CALLER.secret_key, "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        url = postgres.dsn()
        Store(url).migrate()
        ways = measure_ways(url, aws, Path(name))
        run, fleet = measure_run(url, aws), measure_fleet(url, aws, Path(name))
    table = Table(title=f"median of {TIMES}", title_justify="left")
    for heading in ("way", "put ms", "open ms", "KMS calls an open"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for row in ways:
        table.add_row(row["way"], f"{row['put_ms']:.1f}", f"{row['open_ms']:.1f}", str(row["kms_calls_an_open"]))
    CONSOLE.print(table)
    for key, value in {**run, **fleet}.items():
        CONSOLE.print(f"{key}: {value}", highlight=False)
    RESULTS.mkdir(exist_ok=True)
    ratio = ways[0]["open_ms"] / ways[2]["open_ms"]
    result = {"ratio": ratio, "of": "vault open / plain kms:Decrypt", "ways": ways, "run": run, "fleet": fleet}
    (RESULTS / "vault.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
