"""Processes that start at once: a server imports the plugins' code a single time, and forks for each process.

What runs is what the shell would run, the plugin's command line in a process of its own; only its imports are shared.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

import botocore.session

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Command", "Warm"]


@dataclass(frozen=True)
class Command:
    """A plugin's command line, as ``tap_pinterest.tap:TapPinterest``; the files that its output and errors go to."""

    plugin: str
    arguments: Sequence[str]
    errors: str
    output: str = os.devnull
    environment: Mapping[str, str] = field(default_factory=dict)


class Warm:
    """A server that has imported the plugins, as long as the block lasts."""

    def __init__(self, plugins: Sequence[str]) -> None:
        self._plugins = plugins
        #: The most memory that one of its processes had so far.
        self.peak_mib = 0

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__)), *self._plugins],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin
        assert self._server.stdout
        if kind is not None and self._server.poll() is None:
            os.killpg(self._server.pid, signal.SIGKILL)  # with whatever it started and did not end
        self._server.stdin.close()
        self._server.wait(timeout=60)
        self._server.stdout.close()

    def run(self, *pipes: Sequence[Command]) -> list[list[int]]:
        """Run pipes beside each other, each the output of one command into the next; the exit codes when all ended."""
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps([[asdict(one) for one in pipe] for pipe in pipes]) + "\n")
        self._server.stdin.flush()
        ended: list[list[tuple[int, int]]] = json.loads(self._server.stdout.readline())
        self.peak_mib = max(self.peak_mib, *(kib // 1024 for pipe in ended for _, kib in pipe))
        return [[code for code, _ in pipe] for pipe in ended]


def _serve(orders: TextIO) -> None:
    for order in orders:
        started = [_start_pipe([Command(**one) for one in pipe]) for pipe in json.loads(order)]
        sys.stdout.write(json.dumps([[_end_of(pid) for pid in pipe] for pipe in started]) + "\n")
        sys.stdout.flush()


def _end_of(pid: int) -> tuple[int, int]:
    """The exit code of a process, and the most memory that it had, in KiB (macOS counts bytes)."""
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def _start_pipe(commands: Sequence[Command]) -> list[int]:
    pids, source = [], os.open(os.devnull, os.O_RDONLY)
    for number, command in enumerate(commands):
        is_last = number == len(commands) - 1
        after, sink = (-1, _writable(command.output)) if is_last else os.pipe()
        pids.append(_fork(command, source, sink, after))
        os.close(source)
        os.close(sink)
        source = after
    return pids


def _fork(command: Command, source: int, sink: int, other: int) -> int:
    if pid := os.fork():
        return pid
    if other >= 0:
        os.close(other)  # or the reader would never see the writer's end
    os.dup2(source, 0)
    os.dup2(sink, 1)
    os.dup2(_writable(command.errors), 2)
    os.environ.pop("DIF_REDIS_URL", None)  # of a sandbox that another test has used: its pauses outlive a simulated day
    os.environ.update(command.environment)
    code: Any = 70
    try:
        _plugin(command.plugin).cli(list(command.arguments), prog_name=command.plugin)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _writable(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _plugin(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def _prepare(plugins: Sequence[str]) -> None:
    """Import what they need, and read what every client of AWS reads first."""
    for plugin in plugins:
        _plugin(plugin)
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    for service in ("s3", "sts", "redshift"):
        botocore.session.get_session().create_client(service, region_name="eu-central-1")


if __name__ == "__main__":
    _prepare(sys.argv[1:])
    _serve(sys.stdin)
