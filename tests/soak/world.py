"""Everything around the fleet: servers, simulators, the platform database, proxies, and the long-living processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg
import redis
from dif_ledger._store import migrate
from dif_sandbox.proxy import FaultProxy
from dif_sandbox.services import Sandbox
from ledger_database import new_ledger
from psycopg.rows import dict_row
from warm import Warm

from soak.channels import TARGET, Small
from soak.fleet import Fleet, Pair, Provider, Size, owners
from soak.forks import LEDGER
from soak.places import Places
from soak.troubles import Trouble

__all__ = ["World", "world"]

BIN: Final = Path(sys.executable).parent
PATIENCE_SECONDS: Final = 60
OURS: Final = ("planner", "forks", "simulators", "redshift")


class World:
    """What the week happens in."""

    fleet: Fleet
    places: Places
    warm: Warm
    s3: FaultProxy
    sql: FaultProxy

    def __init__(self, sandbox: Sandbox, folder: Path, providers: list[Provider], environment: dict[str, str]) -> None:
        self.sandbox, self.folder, self.providers, self.environment = sandbox, folder, providers, environment
        self.troubles: list[Trouble] = []
        self.notices: list[dict[str, Any]] = []
        self.pids: dict[str, int] = {"planner": os.getpid()}
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.dead_port = held.getsockname()[1]

    def trouble_of(self, pair: Pair) -> Trouble | None:
        """What the pair has, if it has any."""
        return next((each for each in self.troubles if not each.over and pair in each.pairs), None)

    def causes_of(self, pair: Pair) -> frozenset[str]:
        """What the ledger may say of the pair: by its own trouble, and by one that everybody of the channel has."""
        whole = (each for each in self.troubles if not each.over and each.mischief.is_shared)
        alike = [each for each in whole if any(other.channel is pair.channel for other in each.pairs)]
        own = self.trouble_of(pair)
        return frozenset().union(*(each.mischief.causes for each in (*alike, *filter(None, (own,)))))

    def set_clocks(self, now: datetime) -> None:
        """A new day at every provider; what they log would fill their memory."""
        for provider in self.providers:
            provider.put("clock", {"now": now.isoformat()})
            provider.forget()

    def pass_time(self) -> None:
        """Let so much time pass in Valkey that every pause and every lease is over."""
        with redis.Redis.from_url(self.environment["DIF_REDIS_URL"]) as valkey:
            valkey.flushall()

    def restart_valkey(self) -> None:
        """Kill it; the sandbox starts it again, and it has forgotten everything."""
        record = self._record("valkey")
        assert record.process
        record.process.send(signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            now = self._record("valkey")
            if now.process != record.process and now.present_phase == "up":
                return
            time.sleep(0.05)
        raise TimeoutError("Valkey did not come back")

    def memory(self) -> dict[str, float]:
        """What each long-living process holds now, in MiB; PostgreSQL with all of its own."""
        state = self.sandbox.state()
        assert state
        pids = self.pids | {each.name: each.process.pid for each in state.services if each.process}
        return {name: _mebibytes(pid) for name, pid in sorted(pids.items())}

    def _record(self, name: str) -> Any:
        state = self.sandbox.state()
        assert state
        return next(each for each in state.services if each.name == name)


@contextmanager
def world(sandbox: Sandbox, folder: Path, size: Size, seed: int, first_day: str) -> Iterator[World]:
    """Everything that a sandbox has not, as long as the block; this process is the planner meanwhile."""
    with ExitStack() as stack:
        inbox: list[dict[str, Any]] = []
        told = sandbox.environment(is_alone=True)
        environment = {**os.environ, **told, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        environment["DIF_LEDGER_URL"] = new_ledger(environment["DIF_VAULT_URL"])
        environment["DIF_LEDGER_WEBHOOK_URL"] = stack.enter_context(_inbox(inbox))
        with psycopg.connect(environment["DIF_LEDGER_URL"], autocommit=True, row_factory=dict_row) as database:
            migrate(database)
        providers, pid = stack.enter_context(_simulators(folder, owners(size), seed, environment))
        made = World(sandbox, folder, providers, environment)
        made.notices = inbox
        made.fleet = Fleet(folder, environment, providers, size, first_day)
        stack.callback(_restore, dict(os.environ))
        os.environ.update(environment)
        made.places = Places(environment, first_day)
        stack.callback(made.places.close)
        taps = [each.channel.tap for each in providers]
        made.warm = stack.enter_context(Warm(*taps, TARGET, LEDGER, prepare="soak.forks:prepare"))
        made.pids |= {"forks": made.warm.pid, "simulators": pid}
        made.s3 = stack.enter_context(FaultProxy(("127.0.0.1", _port(environment["AWS_ENDPOINT_URL_S3"])), "http"))
        upstream = environment["TARGET_REDSHIFT_HOST"], int(environment["TARGET_REDSHIFT_PORT"])
        made.sql = stack.enter_context(FaultProxy(upstream, "postgres", tls=_front_context(sandbox)))
        yield made


def _restore(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def _simulators(
    folder: Path, owned: dict[str, list[str]], seed: int, environment: dict[str, str]
) -> Iterator[tuple[list[Provider], int]]:
    from soak.channels import CHANNELS

    used: list[Small] = [each for each in CHANNELS if each.simulator in owned]
    ready = folder / "simulators.ready.json"
    config = {
        "channels": {each.simulator: {"clients": owned[each.simulator], "seed": seed, **each.options} for each in used},
        "credentials_dir": str(folder / "credentials"),
        "ready_file": str(ready),
    }
    (folder / "simulators.json").write_text(json.dumps(config))
    server = subprocess.Popen(
        [sys.executable, "-m", "dif_sandbox.sim", "--config", folder / "simulators.json"], env=environment
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not ready.exists():
            assert server.poll() is None, "the simulators did not start"
            assert time.monotonic() < deadline, "the simulators do not answer"
            time.sleep(0.02)
        told = json.loads(ready.read_text())
        yield [Provider(each, told[each.simulator]["url"]) for each in used], server.pid
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def _inbox(received: list[dict[str, Any]]) -> Iterator[str]:
    """Where notices of ``ledger check`` arrive."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _front_context(sandbox: Sandbox) -> ssl.SSLContext:
    """The front's own certificate: the proxy answers in its name."""
    (certificate,) = sandbox.folder.rglob("redshift.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


def _mebibytes(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20
