"""The server of forks, as whoever gives it orders holds it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Ended", "Warm"]


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it took: seconds of the processor, the most memory of tap or target."""

    code: int
    folder: Path
    seconds: float = 0.0
    peak_mebibytes: float = 0.0

    def text(self, name: str) -> str:
        """What it wrote: ``out`` or ``said``."""
        return (self.folder / name).read_text(errors="replace")


class Warm:
    """Commands carried out by processes that need not import anything, at a moment of the simulated clock."""

    def __init__(self, plugins: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._plugins, self._environment = plugins, environment
        self._numbers = count(1)
        self._waiting: dict[int, tuple[Future[Ended], Path]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forks.py")), json.dumps(self._plugins)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(self._environment), text=True,
        )  # fmt: skip
        assert self._server.stdout
        self._server.stdout.readline()  # it has imported everything
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(timeout=60)
        self._reader.join()

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._server.pid

    def start(
        self,
        command: Sequence[str],
        now: datetime,
        environment: Mapping[str, str],
        folder: Path,
        moment: Mapping[str, Any] | None = None,
    ) -> Future[Ended]:
        """Carry out a command, whose files go into the folder; the answer comes when it has ended."""
        folder.mkdir(parents=True, exist_ok=True)
        number, future = next(self._numbers), Future[Ended]()
        order = {"id": number, "command": list(command), "now": now.timestamp(), "environment": dict(environment),
                 "folder": str(folder), "moment": moment}  # fmt: skip
        assert self._server.stdin
        with self._lock:
            self._waiting[number] = future, folder
            self._server.stdin.write(json.dumps(order) + "\n")
            self._server.stdin.flush()
        return future

    def _read(self) -> None:
        assert self._server.stdout
        for line in self._server.stdout:
            told = json.loads(line)
            with self._lock:
                future, folder = self._waiting.pop(told["id"])
            used = folder / "used"
            facts = json.loads(used.read_text()) if used.exists() else {}
            future.set_result(Ended(told["code"], folder, **facts))
        with self._lock:
            for future, _ in self._waiting.values():
                future.set_exception(RuntimeError("the server of forks has ended"))
        self._server.stdout.close()
