"""The image of a release does the work: read-only, as nobody in particular, stopped in the middle without a loss."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from dif_sandbox.aws.functions import RuntimeApi
from dif_sandbox.demo._places import Lake, Source, Warehouse
from dif_sandbox.demo._rows import differences
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import login_of

pytestmark = pytest.mark.skipif("DIF_IMAGE" not in os.environ, reason="`make image-test` builds an image and names it")

ROOT = Path(__file__).parents[2]
START, LAST_DAY, CLOCK = "2026-10-01", "2026-11-01", "2026-11-01T23:30:00+00:00"
STREAMS = ("ad_accounts", "campaigns", "ads", "campaign_analytics", "ad_analytics", "campaign_report")
STOP_SECONDS = 120  # stopTimeout of the task
KILLED = 137
RUN = json.loads(os.environ.get("DIF_IMAGE_RUN", '["docker"]'))
# Podman would put volumes that can be written to below a root that is read only.
READ_ONLY = ("--read-only", *(("--read-only-tmpfs=false",) if Path(RUN[0]).name == "podman" else ()))


@dataclass
class Container:
    """A command in the image, as a task of ECS runs it: nothing can be written but the volume of its work."""

    command: tuple[str, ...]
    environment: dict[str, str]
    options: tuple[str, ...] = ()
    network: str = "none"
    name: str = field(default_factory=lambda: f"dif-{uuid4().hex[:10]}")

    def start(self) -> subprocess.Popen[str]:
        run = [*RUN, f"--network={self.network}", "--name", self.name, *READ_ONLY, *self.options]
        told = [f"--env={name}={value}" for name, value in self.environment.items()]
        return subprocess.Popen(
            [*run, *told, os.environ["DIF_IMAGE"], *self.command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self) -> subprocess.CompletedProcess[str]:
        process = self.start()
        output, error = process.communicate(timeout=600)
        return subprocess.CompletedProcess(self.command, process.returncode, output, error)

    def engine(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([RUN[0], *arguments], capture_output=True, text=True, timeout=300, check=False)

    def stop(self) -> None:
        """As ECS does: SIGTERM, and SIGKILL when the time is over; one that has just ended is not there any more."""
        self.engine("stop", f"--time={STOP_SECONDS}", self.name)


@dataclass
class Shop:
    """One client in a schema and folders of its own, its warehouse compared with its provider."""

    environment: dict[str, str]
    outside: dict[str, str]
    schema: str
    mounts: tuple[str, ...]

    def container(self, *command: str, options: tuple[str, ...] = (), **more: str) -> Container:
        return Container(command, {**self.environment, **more}, (*self.mounts, *options), "host")

    def source(self) -> Source:
        return Source(self.outside["SANDBOX_PINTEREST_URL"], "demo")

    def deliveries(self) -> list[dict[str, Any]]:
        """What is committed; nothing before the first run has made the table."""
        warehouse = Warehouse(self.schema, self.outside, login_of(self.outside, "demo"))
        try:
            tables = warehouse.query(f"SELECT 1 FROM svv_tables WHERE table_schema = '{self.schema}'")  # type: ignore[arg-type]
            return warehouse.deliveries() if tables else []
        finally:
            warehouse.close()

    def differences(self) -> list[str]:
        """In what the warehouse is not the source, and rows that stand twice."""
        lake = Lake(self.outside["TARGET_REDSHIFT_BUCKET"], "demo", self.outside, prefix=f"{self.schema}/")
        warehouse = Warehouse(self.schema, self.outside, login_of(self.outside, "demo"))
        wrong = []
        try:
            for stream in STREAMS:
                keys = lake.keys(stream)
                assert keys, f"{stream}: no manifest"
                truth = self.source().table(stream, keys, date.fromisoformat(START), date.fromisoformat(LAST_DAY))
                found = warehouse.table(stream, keys)
                assert truth.rows
                wrong += [str(each) for each in differences(truth, found)]
                wrong += [f"{stream}: {found.repeated} rows stand more than once"] if found.repeated else []
        finally:
            warehouse.close()
        return wrong


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), durable=False) as sandbox:
        told = sandbox.environment()
        Source(told["SANDBOX_PINTEREST_URL"], "demo").set_clock(CLOCK)
        yield told


@pytest.fixture(scope="session")
def inside(sandbox: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a container is told of the sandbox; ledger and vault are made by the image's own commands."""
    told = {name: value for name, value in sandbox.items() if name not in {"DIF_CREDENTIALS", "DIF_SANDBOX"}}
    told |= {
        "DIF_LEDGER_URL": sandbox["DIF_VAULT_URL"],
        "MELTANO_STATE_BACKEND_URI": f"s3://{sandbox['TARGET_S3_CSV_BUCKET']}/state",
        "SSL_CERT_FILE": "/run/ca-bundle.pem",
        "TAP_PINTEREST_START_DATE": START,
        "TAP_PINTEREST_END_DATE": LAST_DAY,
        "TAP_PINTEREST__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
    }
    authorities = tmp_path_factory.mktemp("authorities") / "ca-bundle.pem"
    authorities.write_bytes(Path(sandbox["SSL_CERT_FILE"]).read_bytes())
    credentials = sandbox["DIF_CREDENTIALS"].removeprefix("file://")
    mounts = (f"--volume={authorities}:/run/ca-bundle.pem:ro",)
    as_root = (*mounts, "--user=0", f"--volume={credentials}:/run/credentials:ro")
    for command in (("vault", "init"), ("vault", "import", "/run/credentials"), ("ledger", "init")):
        done = Container(command, told, as_root, "host").run()
        assert done.returncode == 0, done.stderr
    return {"environment": told, "mounts": mounts}


@pytest.fixture
def shop(sandbox: dict[str, str], inside: dict[str, Any]) -> Shop:
    schema = f"i{uuid4().hex[:10]}"
    own = {"TARGET_REDSHIFT_SCHEMA": schema, "TARGET_REDSHIFT_PREFIX": schema, "DIF_DBT_RAW_SCHEMA": schema}
    own["MELTANO_STATE_BACKEND_URI"] = f"{inside['environment']['MELTANO_STATE_BACKEND_URI']}/{schema}"
    return Shop({**inside["environment"], **own}, sandbox, schema, inside["mounts"])


def commands() -> list[str]:
    """What the workspace's packages of a release install."""
    files = [path for path in ROOT.glob("*/*/pyproject.toml") if path.parent.name != "sandbox"]
    return sorted({name for path in files for name in tomllib.loads(path.read_text())["project"].get("scripts", {})})


def test_every_command_of_the_release_starts() -> None:
    words = [f"{shlex.quote(name)} --help > /dev/null || echo {name}" for name in (*commands(), "meltano")]
    words[words.index("dif-dbt --help > /dev/null || echo dif-dbt")] = ".venv-transforms/bin/dbt --version > /dev/null"
    done = Container(("sh", "-c", "\n".join(words)), {"DIF_DBT_CLIENT": "demo"}).run()
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_nothing_that_builds_or_pretends_is_in_it() -> None:
    looked_for = "for name in cc gcc make git uv pip pip3 virtualenv sandbox node; do command -v $name; done"
    packages = (
        'python -c \'import importlib.util as u; print([n for n in ("dif_sandbox", "pytest") if u.find_spec(n)])\''
    )
    written = "touch /app/x /x 2> /dev/null; find /app -name '*.env' -o -name .git; id -u"
    done = Container(("sh", "-c", f"{looked_for}; {packages}; {written}"), {}).run()
    assert done.stdout.splitlines() == ["[]", "10001"], done.stdout + done.stderr


def test_meltano_loads_and_dbt_builds(shop: Shop) -> None:
    run = ("meltano", "--environment=demo", "run", "tap-pinterest", "target-redshift", "dbt:build")
    done = shop.container(*run, options=("--tmpfs=/tmp/dif:rw,size=2g,mode=1777",)).run()
    assert done.returncode == 0, done.stderr[-3000:]
    assert shop.differences() == []


def job(reason: str = "schedule") -> str:
    return json.dumps(
        {"client": "demo", "tap": "tap-pinterest", "target": "target-redshift", "carrier": "ecs", "reason": reason,
         "due_at": "2026-11-01T05:00:00Z"}
    )  # fmt: skip


def until(is_so: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for it; a container that ends before is a mistake of the test's."""
    while not is_so():
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.02)


def slow_down(source: Source, *faults: dict[str, Any]) -> None:
    requests.put(f"{source.url}/_sim/faults", json=list(faults), timeout=30).raise_for_status()


def test_a_job_that_is_stopped_twice_loses_nothing(shop: Shop) -> None:
    """I1, I2: first while the tap reads, then when a part is committed; it is the container's first process."""
    source, ends = shop.source(), []
    slow_down(
        source, {"match": "/", "kind": "slow", "seconds": 3, "times": None}
    )  # no machine is done before it is told
    for moment in ("reading", "loading"):
        source.forget_requests()
        before = len(shop.deliveries())
        stopped = shop.container("dif-deploy", "run", job())
        process = stopped.start()
        if moment == "reading":
            until(lambda: len(source.requests()) >= 12, process)
        else:
            until(lambda before=before: len(shop.deliveries()) > before, process)
        stopped.stop()
        output, error = process.communicate(timeout=60)
        assert process.returncode not in {KILLED, None}, "it did not end in time"
        assert process.returncode == 0, error[-3000:]
        ends.append(json.loads(output.splitlines()[-1])["status"])
    assert ends[0] == "hand_over"
    assert shop.container("dif-deploy", "health").run().returncode == 0
    slow_down(source)
    last = shop.container("dif-deploy", "run", job()).run()
    assert json.loads(last.stdout.splitlines()[-1])["status"] == "done", last.stderr[-3000:]
    assert shop.differences() == []


def test_lambda_calls_the_same_image(shop: Shop) -> None:
    """Lambda runs it as a user that it does not know, with /tmp alone to write to, and as its own entry point."""
    api = RuntimeApi(timeout_seconds=900)
    work = {"DIF_WORK": "/tmp/dif", "HOME": "/tmp", "TMPDIR": "/tmp"}
    options = (
        "--user=990:990",
        "--tmpfs=/tmp:rw,size=2g,mode=1777",
        "--entrypoint=python",
    )
    client = ("-m", "awslambdaric", "dif_deploy.handlers.run_job")
    function = shop.container(*client, options=options, **work, **api.environment)
    process = function.start()
    try:
        kind, answer = api.call(json.loads(job()) | {"carrier": "lambda"})
    finally:
        function.engine("kill", function.name)
        process.communicate()
        api.close()
    assert (kind, answer.get("status")) == ("response", "done"), answer
    assert shop.differences() == []
