"""Whoever has the database and the repository, but not the key, has nothing; a running tap shows nothing."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.config import Config
from dif_kit.errors import CredentialError
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi
from dif_sandbox.services import Aws
from dif_vault import SecretName, Vault
from dif_vault._store import Store
from dif_vault.errors import KeyRefusedError
from dif_vault.keys import KeyRing, KmsKeys, LocalKeys

CANARIES = {
    "client_id": "canary-id-5f2c8a",
    "client_secret": "canary-secret-91ab/7+c=",
    "refresh_token": "canary-refresh-d03e77",
}
TABLES = ("credential", "access_token", "audit", "audit_head", "migration")

TAP = """
    import logging, sys
    from dif_kit.http import OAuth2Refresh
    from dif_kit.tap import Stream, Tap

    class Things(Stream):
        name = "things"
        path = "/things"
        records = "items"
        primary_keys = ("id",)
        schema = {"type": "object", "properties": {"id": {"type": "string"}}}

    class TapProbe(Tap):
        name = "tap-probe"
        package_name = "dif-kit"
        api_url = "http://127.0.0.1:9"
        auth = OAuth2Refresh(token_url="{api_url}/token")
        stream_types = (Things,)

    TapProbe.cli()
"""


def forms(secret: str) -> list[bytes]:
    """A secret as it stands, and as somebody could have written it."""
    raw = secret.encode()
    return [raw, base64.b64encode(raw), raw.hex().encode(), json.dumps(secret).encode()[1:-1]]


def found_in(*places: bytes) -> list[str]:
    return [secret for secret in CANARIES.values() for form in forms(secret) for place in places if form in place]


def everything(url: str) -> bytes:
    """The whole database, as its owner could copy it, in text and in binary."""
    copied = b""
    with psycopg.connect(url) as connection:
        for table in TABLES:
            for form in ("text", "binary"):
                with connection.cursor().copy(f"COPY dif_vault.{table} TO STDOUT (FORMAT {form})") as rows:
                    copied += b"".join(rows)
    return copied


def test_a_stranger_with_a_copy_of_the_database_reads_no_secret_in_it(
    any_vault: Vault, place: SecretName, url: str
) -> None:
    opened = any_vault.put(place, CANARIES)
    any_vault.put(place, {**CANARIES, "client_secret": "another"})
    any_vault.open(place)
    copied = everything(url)
    assert b"pinterest" in copied
    assert not found_in(copied)
    assert opened.data_key not in copied
    assert opened.data_key.hex().encode() not in copied


def test_a_stranger_without_the_key_opens_nothing(
    *, kms_vault: Vault, vault: Vault, place: SecretName, url: str, aws: Aws, tmp_path: Path
) -> None:
    record = kms_vault.put(place, CANARIES).record
    vault.put(SecretName("acme", "local"), CANARIES)
    outside = boto3.client(
        "kms",
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id="AKIASTRANGER",
        aws_secret_access_key="guess",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    keys = KeyRing([KmsKeys(record.key_id, outside), LocalKeys.create(tmp_path / "own.json")])
    stranger = Vault(Store(url), keys, actor="stranger")
    for where in (place, SecretName("acme", "local")):
        with pytest.raises(KeyRefusedError) as refused:
            stranger.open(where)
        assert not found_in(str(refused.value).encode())
    outside.close()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    def things(request: ApiRequest) -> ApiAnswer:
        return ApiAnswer({"items": [{"id": "1"}]})

    with FakeApi() as api:
        api.on(
            "POST",
            "/token",
            {"access_token": "canary-access-aa11", "refresh_token": "canary-refresh-new", "expires_in": 1e6},
        )
        api.on("GET", "/things", things)
        yield api


@pytest.mark.parametrize("fails", [False, True], ids=["a good run", "a refused run"])
def test_a_tap_on_the_vault_shows_no_secret_anywhere(
    *, vault: Vault, place: SecretName, url: str, key_file: Path, api: FakeApi, tmp_path: Path, fails: bool
) -> None:
    vault.put(place, CANARIES)
    seen: list[bytes] = []
    processes: list[subprocess.Popen[bytes]] = []

    def look(request: ApiRequest) -> Any:
        """What other users of the host, and the owner without the right to trace, see of the process meanwhile."""
        seen.extend(Path(f"/proc/{processes[0].pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
        reason = {"error": f"bad secret {CANARIES['client_secret']} {CANARIES['refresh_token']}"}
        return ApiAnswer(reason, status=401) if fails else None

    api.interrupt = look
    program, config = tmp_path / "tap_probe.py", tmp_path / "config.json"
    program.write_text(textwrap.dedent(TAP))
    config.write_text(json.dumps({"credential_ref": str(place), "api_url": api.url}))
    environment = {
        **os.environ, "DIF_VAULT_URL": url, "DIF_VAULT_KEY": f"local:{key_file}", "TAP_PROBE_LOGLEVEL": "DEBUG",
    }  # fmt: skip
    processes.append(
        subprocess.Popen(
            [sys.executable, program, "--config", config],
            env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
    )  # fmt: skip
    output, errors = processes[0].communicate(timeout=90)
    assert (processes[0].returncode == 0) is not fails, errors.decode()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert seen
    assert not found_in(output, errors, *seen, *files, everything(url))
    assert not [place for place in (output, errors, *files, everything(url)) if b"canary-access" in place]


def test_a_process_that_holds_a_secret_leaves_no_core(
    vault: Vault, place: SecretName, url: str, key_file: Path
) -> None:
    vault.put(place, CANARIES)
    program = (
        "import ctypes, resource\n"
        "from dif_kit.credentials import resolve\n"
        f"resolve('{place}')\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DIF_VAULT_URL": url, "DIF_VAULT_KEY": f"local:{key_file}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "0 (0, 0)"


def test_a_database_that_is_gone_is_told_without_its_password(
    place: SecretName, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://vault:canary-password@127.0.0.1:9/vault"
    with pytest.raises(CredentialError, match=r"127\.0\.0\.1:9/vault cannot be used") as refused:
        Vault(Store(url), KeyRing([LocalKeys(key_file)]), actor="tester").open(place)
    assert "canary" not in str(refused.value)
