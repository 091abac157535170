"""A sandbox that is up: who may do what, what its clients are told, where it listens."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import psutil
import psycopg
import pytest
from botocore.exceptions import ClientError
from dif_sandbox.services import Sandbox
from dif_sandbox.services._layout import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_sandbox.services import Identity


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("it's a sandbox")  # a name that a careless shell line would break
    with Sandbox(folder, services=("postgres", "s3", "valkey"), durable=False) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def secrets(sandbox: Sandbox) -> Secrets:
    return Secrets.of(sandbox.layout)


def answer(sandbox: Sandbox, identity: Identity, verb: str, **arguments: object) -> str:
    """What S3 says to one request of an identity: ``ok`` or its error code."""
    client = boto3.client(
        "s3",
        endpoint_url=sandbox.environment()["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=identity.access_key,
        aws_secret_access_key=identity.secret_key,
        region_name="us-east-1",
    )
    try:
        getattr(client, verb)(**arguments)
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]
    finally:
        client.close()
    return "ok"


def test_the_redshift_role_reads_the_stage_and_nothing_else(sandbox: Sandbox, secrets: Secrets) -> None:
    for bucket in ("stage", "lake"):
        assert answer(sandbox, secrets.loader, "put_object", Bucket=bucket, Key="a.csv", Body=b"1") == "ok"
    role = secrets.role
    assert answer(sandbox, role, "get_object", Bucket="stage", Key="a.csv") == "ok"
    assert answer(sandbox, role, "list_objects_v2", Bucket="stage") == "ok"
    assert answer(sandbox, role, "put_object", Bucket="stage", Key="b.csv", Body=b"1") == "AccessDenied"
    assert answer(sandbox, role, "delete_object", Bucket="stage", Key="a.csv") == "AccessDenied"
    assert answer(sandbox, role, "get_object", Bucket="lake", Key="a.csv") == "AccessDenied"


def test_the_unload_role_writes_the_lake_and_nothing_else(sandbox: Sandbox, secrets: Secrets) -> None:
    unload = secrets.unload
    assert answer(sandbox, unload, "put_object", Bucket="lake", Key="unloaded", Body=b"1") == "ok"
    assert answer(sandbox, unload, "put_object", Bucket="stage", Key="unloaded", Body=b"1") == "AccessDenied"
    assert answer(sandbox, unload, "get_object", Bucket="stage", Key="a.csv") == "AccessDenied"


def test_a_wrong_secret_is_refused(sandbox: Sandbox, secrets: Secrets) -> None:
    from dataclasses import replace

    forger = replace(secrets.loader, secret_key="0" * 40)
    assert answer(sandbox, forger, "list_objects_v2", Bucket="stage") == "SignatureDoesNotMatch"


def test_nothing_listens_or_talks_beyond_loopback(sandbox: Sandbox) -> None:
    state = sandbox.state()
    assert state is not None
    supervisor = psutil.Process(state.supervisor.pid)
    family = [supervisor, *supervisor.children(recursive=True)]
    ends = [end for process in family for one in process.net_connections("inet") for end in (one.laddr, one.raddr)]
    assert len([end for end in ends if end]) >= 3
    assert {end.ip for end in ends if end} == {"127.0.0.1"}


def test_a_shell_reads_the_environment_as_it_is(sandbox: Sandbox) -> None:
    told = sandbox.environment()
    script = f'set -eu; . "{sandbox.layout.env}"; exec env'
    seen = subprocess.run(
        ["bash", "-c", script], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    variables = dict(line.split("=", 1) for line in seen.stdout.splitlines())
    assert {name: variables[name] for name in told} == told


def test_every_client_has_the_warehouse_credential_in_a_private_file(sandbox: Sandbox) -> None:
    folder = Path(sandbox.environment()["DIF_CREDENTIALS"].removeprefix("file://"))
    for client in ("demo", "acme", "globex"):
        file = folder / client / "redshift"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text()).keys() == {"user", "password"}


def test_no_secret_can_be_read_by_others_or_in_a_repr(sandbox: Sandbox, secrets: Secrets) -> None:
    state = sandbox.state()
    assert state is not None
    hidden = [secrets.warehouse_password, secrets.loader.secret_key, secrets.role.secret_key]
    shown = f"{secrets!r} {secrets.loader!r} {sandbox!r}"
    command_lines = " ".join(
        word for process in psutil.Process(state.supervisor.pid).children(recursive=True) for word in process.cmdline()
    )
    for secret in hidden:
        assert secret not in shown
        assert secret not in command_lines
    for file in sandbox.folder.rglob("*"):
        closed = any(
            not stat.S_IMODE(parent.stat().st_mode) & 0o007
            for parent in (file, *file.parents[:-1])
            if parent.is_relative_to(sandbox.folder)
        )
        if file.is_file() and not closed:
            content = file.read_text(errors="replace")
            assert [secret for secret in hidden if secret in content] == [], file


def test_postgres_is_small_and_safe_from_crashes(sandbox: Sandbox) -> None:
    state = sandbox.state()
    assert state is not None
    port = next(one.port for one in state.services if one.name == "postgres")
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/dev") as connection:
        asked = connection.execute("SELECT current_setting('synchronous_commit'), current_setting('shared_buffers')")
        assert asked.fetchone() == ("on", "48MB")
