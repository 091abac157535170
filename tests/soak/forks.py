"""A server that has imported taps, targets and ``ledger``, and forks a process for each command it is given.

What runs is each program's own command line in a process of its own, with pipes between them as ``ledger run --direct``
lays them; only the imports are shared, and the clock is moved. The server is a program: ``python forks.py`` reads its
orders from standard input, a line of JSON each, and answers with a line when one has ended.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

__all__ = ["LEDGER", "Forks"]

LEDGER: Final = "ledger"
#: What the plugins import when they come to need it.
LATER: Final = (
    *("dif_kit.budget._shared", "dif_ledger.mirror", "redshift_connector", "smart_open", "smart_open.s3"),
    *("dif_ledger.cli._catch_up", "dif_ledger.cli._check", "dif_ledger.cli._run"),
    *("target_redshift._destination", "target_redshift.reading"),
)
PIECE_BYTES: Final = 4096
POLL_SECONDS: Final = 0.01


@dataclass
class Forked:
    """A process that was forked, with as much of Popen as its supervisor asks for."""

    pid: int
    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None
    returncode: int | None = None
    peak_kibibytes: int = 0
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._ended(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended."""
        while (code := self._ended(0)) is None:
            pass
        return code

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, options: int) -> int | None:
        with self._lock:
            if self.returncode is None:
                pid, status, used = os.wait4(self.pid, options)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
                    self.peak_kibibytes = used.ru_maxrss
            return self.returncode


@dataclass
class Moment:
    """When so many bytes of the tap have been passed on, what is done to whom: see `Pump`."""

    after: int
    does: str  # kill, stop or freeze
    victims: Sequence[str]


class Forks:
    """Starts plugins by forking this process, which has imported them; anything else as Popen does.

    With a moment, what the tap writes goes through a pump, which stands still at it and sends the signal.
    """

    def __init__(self, plugins: Mapping[str, str], folder: Path, moment: Moment | None) -> None:
        self._plugins, self._folder, self._moment = plugins, folder, moment
        self.started: dict[str, Any] = {}

    def __call__(self, command: list[str], **facts: Any) -> Any:
        """Start a command, as Popen takes it."""
        name = Path(command[0]).name
        plugin = self._plugins.get(name.partition("--")[0])
        if plugin is None:
            return subprocess.Popen(command, **facts)
        role = "tap" if name.startswith("tap-") else "target"
        source, pump = facts.get("stdin"), None
        if role == "target" and self._moment is not None and source is not None:
            out, into = os.pipe()
            pump = Pump(os.dup(source.fileno()), into, self._moment, self.started, self._folder)
            source = out
        process = _fork(plugin, command, facts, source)
        self.started[role] = process
        if pump is not None:
            os.close(source)
            pump.start()
        return process

    @property
    def peak_mebibytes(self) -> float:
        """The most that one of them has held."""
        return max((each.peak_kibibytes for each in self.started.values()), default=0) / 1024


class Pump(threading.Thread):
    """Passes on what a tap writes, and at a moment kills, stops or freezes whom it is told to."""

    def __init__(self, source: int, sink: int, moment: Moment, started: Mapping[str, Forked], folder: Path) -> None:
        super().__init__(name="pump", daemon=True)
        self._source, self._sink, self._moment, self._ends, self._folder = source, sink, moment, started, folder

    def run(self) -> None:
        """Until the tap has ended, or nobody reads any more."""
        left = self._moment.after
        with suppress(BrokenPipeError):
            while True:
                if left == 0:
                    self._act()
                piece = os.read(self._source, min(PIECE_BYTES, left) if left > 0 else PIECE_BYTES)
                if not piece:
                    break
                left -= len(piece)
                while piece:
                    piece = piece[os.write(self._sink, piece) :]
        os.close(self._source)
        os.close(self._sink)

    def _act(self) -> None:
        (self._folder / "met").touch()
        if self._moment.does == "freeze":
            self._send(signal.SIGSTOP)
            while not (self._folder / "wake").exists():
                time.sleep(POLL_SECONDS)
            self._send(signal.SIGCONT)
            return
        self._send(signal.SIGKILL if self._moment.does == "kill" else signal.SIGTERM)

    def _send(self, number: int) -> None:
        for victim in self._moment.victims:
            if victim == LEDGER:
                os.kill(os.getpid(), number)
            else:
                self._ends[victim].send_signal(number)


def _fork(plugin: str, command: Sequence[str], facts: Mapping[str, Any], source: Any) -> Forked:
    sink = facts.get("stdout")
    ours: list[IO[bytes] | None] = [None, None]
    out, out_end = os.pipe() if sink == subprocess.PIPE else (-1, -1 if sink is None else sink.fileno())
    said, said_end = os.pipe()
    pid = os.fork()
    if not pid:
        _become(
            functools.partial(_plugin(plugin).cli, list(command[1:]), prog_name=plugin), command, facts["env"],
            (-1 if source is None else source if isinstance(source, int) else source.fileno(), out_end, said_end),
            facts.get("pass_fds", ()),
        )  # fmt: skip
    if out >= 0:
        os.close(out_end)
        ours[0] = os.fdopen(out, "rb")
    os.close(said_end)
    ours[1] = os.fdopen(said, "rb")
    return Forked(pid, *ours)


def _become(
    run: Callable[[], Any],
    command: Sequence[str],
    environment: Mapping[str, str],
    ends: tuple[int, int, int],
    kept: Sequence[int] = (),
) -> None:
    """Be another program from here on: its files, its environment, its end. Never returns."""
    code: Any = 70
    try:
        for number, end in enumerate(ends):
            os.dup2(end if end >= 0 else os.open(os.devnull, os.O_RDWR), number)
        _close_others(kept)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = list(command)
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as Python's own end would tell it
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        with suppress(Exception):
            sys.stdout.flush()
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _close_others(kept: Sequence[int]) -> None:
    """As Popen: a child holds nothing of its parent's, such as the session that is its lease."""
    first = 3
    for number in sorted(kept):
        os.closerange(first, number)
        first = number + 1
    os.closerange(first, 1024)


def _plugin(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def _carry_out(order: Mapping[str, Any], plugins: Mapping[str, str]) -> int:
    """Fork a process for an order; its id."""
    if pid := os.fork():
        return pid
    os.setsid()
    folder = Path(order["folder"])
    out, said = (os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for name in ("out", "said"))
    command = order["command"]
    _become(lambda: _run(order, plugins, folder), command, order["environment"], (-1, out, said))
    raise AssertionError


def _run(order: Mapping[str, Any], plugins: Mapping[str, str], folder: Path) -> None:
    import time_machine

    time_machine.travel(order["now"], tick=True).start()
    name, *arguments = order["command"]
    if name != LEDGER:
        _plugin(plugins[name]).cli(arguments, prog_name=name)
        return
    from dif_ledger.cli import main

    moment = order.get("moment")
    forks = Forks(plugins, folder, Moment(**moment) if moment else None)
    try:
        main(arguments, prog_name=LEDGER, obj=forks)
    finally:
        used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(each.ru_utime + each.ru_stime for each in used)
        (folder / "used").write_text(json.dumps({"seconds": seconds, "peak_mebibytes": forks.peak_mebibytes}))


def _prepare(plugins: Mapping[str, str]) -> None:
    """Import what all of them need, and read what every client of AWS reads first."""
    import botocore.auth
    import botocore.session
    import dif_ledger.cli
    import time_machine
    from dif_kit.http import Retry

    for module in LATER:
        import_module(module)
    for name, plugin in plugins.items():
        made = _plugin(plugin)
        if name.startswith("tap-"):
            made.retry = Retry(first_seconds=0.02, longest_seconds=0.1)  # a week has no time for waits
    # S3's own clock is the machine's, whatever ours says: a signature of next week would be refused.
    real = time_machine.escape_hatch.datetime.datetime
    botocore.auth.get_current_datetime = lambda **_: real.now(UTC).replace(tzinfo=None)
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    for service in ("s3", "sts", "redshift"):
        botocore.session.get_session().create_client(service, region_name="eu-central-1")
    assert dif_ledger.cli
    gc.collect()
    gc.freeze()


def _serve(plugins: Mapping[str, str]) -> None:
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    rest, alive = b"", {}
    while True:
        for key, _ in waiting.select():
            if key.fileobj == 0:
                piece = os.read(0, 1 << 20)
                if not piece:
                    return
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    order = json.loads(line)
                    pid = _carry_out(order, plugins)
                    handle = os.pidfd_open(pid)
                    alive[handle] = order["id"], pid
                    waiting.register(handle, selectors.EVENT_READ)
                continue
            waiting.unregister(key.fileobj)
            number, pid = alive.pop(key.fd)
            os.close(key.fd)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            sys.stdout.write(json.dumps({"id": number, "code": code}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    known = json.loads(sys.argv[1])
    _prepare(known)
    sys.stdout.write('{"id": 0, "code": 0}\n')
    sys.stdout.flush()
    _serve(known)
