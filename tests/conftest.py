"""A sandbox for whole pipes, and the pipes themselves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from dif_sandbox.demo._places import Lake, Source, Warehouse
from dif_sandbox.demo._rows import Table, differences
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import login_of
from ledger_database import new_ledger
from warm import Process, Warm

BIN = Path(sys.executable).parent
START = "2026-10-01"
CLOCK = "2026-11-01T23:30:00+00:00"
LAST_DAY = "2026-11-01"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), durable=False) as sandbox:
        Source(sandbox.environment()["SANDBOX_PINTEREST_URL"], "demo").set_clock(CLOCK)
        yield sandbox


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Whoever starts a tap, a target or ``ledger`` where that start is not what is tested."""
    with Warm("tap-pinterest", "target-redshift", "target-s3-csv", "ledger") as warm:
        yield warm


@pytest.fixture(scope="session")
def warm_meltano() -> Iterator[Warm]:
    """The same for what Meltano, ``ledger`` and ``vault`` start by a name on the path."""
    with Warm("meltano", "ledger", "vault", "tap-pinterest", "target-redshift") as warm:
        yield warm


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    """The environment in which plugins run against the sandbox."""
    return {**os.environ, **sandbox.environment(is_alone=True), "PATH": f"{BIN}:{os.environ['PATH']}"}


@pytest.fixture
def meltano(environment: dict[str, str], warm_meltano: Warm, tmp_path: Path) -> dict[str, str]:
    """The environment in which Meltano runs `demo` for one test: STATE, schema, files and ledger are the test's own."""
    own = f"m{uuid4().hex[:10]}"
    settings = {
        **environment,
        "MELTANO_STATE_BACKEND_URI": f"file://{tmp_path / 'state'}",
        "MELTANO_SYS_DIR_ROOT": str(tmp_path / "meltano"),
        "MELTANO_DATABASE_URI": f"sqlite:///{tmp_path / 'meltano.db'}",
        "DIF_LEDGER_URL": new_ledger(environment["DIF_VAULT_URL"]),
        "TAP_PINTEREST_START_DATE": "2026-10-30",
        "TAP_PINTEREST__SELECT": json.dumps(["ad_accounts.*", "campaigns.*"]),
        "TARGET_REDSHIFT_SCHEMA": own,
        "TARGET_REDSHIFT_PREFIX": own,
    }
    credentials = environment["DIF_CREDENTIALS"].removeprefix("file://")
    for command in (["vault", "init"], ["vault", "import", credentials], ["ledger", "init"]):
        done = warm_meltano.run(command, env=settings)
        assert not done.returncode, done.stderr.decode()
    return settings


@dataclass
class Ended:
    """How one run of a pipe ended."""

    tap: int
    target: int
    tap_error: str
    target_error: str
    state: dict[str, Any] | None


@dataclass
class Pipe:
    """A tap and a target joined as an orchestrator joins them, with a schema and a prefix of their own.

    Both are forks of a server that has imported them, unless `popen` starts them anew.
    """

    folder: Path
    environment: dict[str, str]
    warm: Warm
    name: str
    popen: Callable[..., subprocess.Popen[bytes] | Process] = field(kw_only=True)
    client: str = "demo"
    target: str = "target-redshift"
    tap_config: dict[str, Any] = field(default_factory=dict)
    target_config: dict[str, Any] = field(default_factory=dict)
    streams: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        credentials = self.environment["DIF_CREDENTIALS"]
        self.tap_config = {
            "api_url": self.environment["TAP_PINTEREST_API_URL"],
            "credential_ref": f"{credentials}/{self.client}/pinterest",
            "start_date": START,
            "end_date": LAST_DAY,
            **self.tap_config,
        }
        shared = {"client": self.client, "tap": "tap-pinterest", "prefix": self.name}
        of_target = {
            "target-redshift": {
                "host": self.environment["TARGET_REDSHIFT_HOST"],
                "port": int(self.environment["TARGET_REDSHIFT_PORT"]),
                "database": self.environment["TARGET_REDSHIFT_DATABASE"],
                "iam_role": self.environment["TARGET_REDSHIFT_IAM_ROLE"],
                "bucket": self.environment["TARGET_REDSHIFT_BUCKET"],
                "schema": self.name,
                "credential_ref": f"{credentials}/{self.client}/redshift",
            },
            "target-s3-csv": {"bucket": self.environment["TARGET_S3_CSV_BUCKET"]},
        }
        self.target_config = {**shared, **of_target[self.target], **self.target_config}
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.streams:
            self._select()

    def run(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        kill: str | None = None,
        after_requests: int = 0,
        with_signal: int = signal.SIGKILL,
    ) -> Ended:
        """Run once, to the end or until one side (`tap` or `target`) is sent a signal.

        The moment of the signal is told by the provider, which counts what it is asked: a clock would miss the run on
        a machine that is faster or slower.
        """
        source = self.source()
        source.forget_requests()
        tap = self._start_tap(state)
        with self._log("target.log") as log:
            target = self.popen(
                [BIN / self.target, "--config", self._file("target.json", self.target_config)],
                stdin=tap.stdout, stdout=subprocess.PIPE, stderr=log, env=self.environment,
            )  # fmt: skip
        assert tap.stdout
        tap.stdout.close()
        if kill:
            while len(source.requests()) < after_requests and tap.poll() is None:
                time.sleep(0.01)
            {"tap": tap, "target": target}[kill].send_signal(with_signal)
        states = [line for line in target.communicate(timeout=120)[0].decode().split("\n") if line]
        return Ended(
            tap=tap.wait(timeout=60),
            target=target.returncode,
            tap_error=(self.folder / "tap.log").read_text(),
            target_error=(self.folder / "target.log").read_text(),
            state=json.loads(states[-1]) if states else dict(state) if state else None,
        )

    def _start_tap(self, state: Mapping[str, Any] | None) -> subprocess.Popen[bytes] | Process:
        command = [BIN / "tap-pinterest", "--config", self._file("tap.json", self.tap_config)]
        if state:
            command += ["--state", self._file("state.json", state)]
        if self.streams:
            command += ["--catalog", self.folder / "catalog.json"]
        with self._log("tap.log") as log:
            return self.popen(command, stdout=subprocess.PIPE, stderr=log, env=self.environment)

    def _select(self) -> None:
        found = self.warm.run(
            ["tap-pinterest", "--config", self._file("tap.json", self.tap_config), "--discover"], env=self.environment
        )
        assert not found.returncode, found.stderr.decode()
        catalog = json.loads(found.stdout)
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in self.streams
        self._file("catalog.json", catalog)

    def _file(self, name: str, content: Mapping[str, Any]) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return path

    def _log(self, name: str) -> Any:
        return (self.folder / name).open("w")

    def source(self) -> Source:
        """The provider, asked behind the tap's back."""
        return Source(self.environment["SANDBOX_PINTEREST_URL"], self.client)

    def differences(self) -> list[str]:
        """In what the target's place is not what the simulator says it should be, stream by stream."""
        source = self.source()
        lake = Lake(self.target_config["bucket"], self.client, self.environment, prefix=f"{self.name}/")
        wrong: list[str] = []
        for stream in self.streams or source.streams():
            keys = lake.keys(stream)
            if not keys:
                wrong.append(f"{stream}: no manifest")
                continue
            truth = source.table(stream, keys, date.fromisoformat(START))
            found = self._loaded(stream, keys) if self.target == "target-redshift" else lake.table(stream)
            wrong += [str(difference) for difference in differences(truth, found)]
            if self.target == "target-redshift" and found.repeated:
                wrong.append(f"{stream}: {found.repeated} rows stand more than once")
        return wrong

    def _loaded(self, stream: str, keys: tuple[str, ...]) -> Table:
        with self.warehouse() as warehouse:
            return warehouse.table(stream, keys)

    @contextmanager
    def warehouse(self) -> Iterator[Warehouse]:
        """The warehouse, looked at as an analyst looks at it."""
        opened = Warehouse(self.name, self.environment, login_of(self.environment, self.client))
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture
def pipe(tmp_path: Path, environment: dict[str, str], warm: Warm, request: pytest.FixtureRequest) -> Any:
    """Make a pipe of the test's own: ``pipe(target="target-s3-csv", streams=("campaigns",))``.

    With ``popen=subprocess.Popen`` its processes are as they run in production, from their first import on.
    """
    made = iter(range(100))
    test = abs(hash(request.node.nodeid)) % 10**8

    def make(**facts: Any) -> Pipe:
        number = next(made)
        return Pipe(tmp_path / str(number), environment, warm, f"t{test}_{number}", **{"popen": warm.popen, **facts})

    return make
