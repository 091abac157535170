"""One `meltano run` of the demo: its environment, its log, and what it says when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Pipeline", "PipelineError"]

LINES_SHOWN = 12


class PipelineError(Exception):
    """A run failed; the message says which, how, and where its whole log is."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Taps into one target, and what comes `then`, run by Meltano for one client; what it keeps is below `folder`."""

    taps: tuple[str, ...]
    target: str
    client: str
    folder: Path
    environment: Mapping[str, str]
    then: tuple[str, ...] = ()
    longest_seconds: int = 600

    @property
    def name(self) -> str:
        """As one types it after ``meltano run``."""
        return " ".join((*(f"{tap} {self.target}" for tap in self.taps), *self.then))

    def run(self, **settings: str) -> float:
        """Run once with further environment variables; the answer is the wall time in seconds.

        Raises:
            PipelineError: the exit code was not 0, or the run did not end in time.
        """
        log = self.folder / f"{self.target}.log"
        command = ["meltano", f"--environment={self.client}", "run", *self.name.split()]
        started = time.monotonic()
        with log.open("ab") as output:
            try:
                done = subprocess.run(
                    command,
                    env={**os.environ, **self.environment, **self._meltano(), **settings},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    timeout=self.longest_seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired as late:
                message = f"`{' '.join(command)}` did not end within {self.longest_seconds} s; its log: {log}"
                raise PipelineError(message) from late
        if done.returncode:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-LINES_SHOWN:])
            message = f"`{' '.join(command)}` ended with exit code {done.returncode}; its log: {log}\n{tail}"
            raise PipelineError(message)
        return time.monotonic() - started

    def state(self, tap: str) -> dict[str, Any]:
        """The last state of a tap and the target, as Meltano's state backend holds it."""
        state_id = f"{self.client}:{tap}-to-{self.target}"
        folders = (self.folder / "state" / name for name in (state_id, quote(state_id, safe="")))
        file = next((folder / "state.json" for folder in folders if (folder / "state.json").exists()), None)
        if file is None:
            message = f"Meltano kept no state for {state_id} below {self.folder / 'state'}"
            raise PipelineError(message)
        held: dict[str, Any] = json.loads(file.read_text())
        state: dict[str, Any] = held.get("completed", held).get("singer_state", {})
        return state

    def _meltano(self) -> dict[str, str]:
        return {
            "MELTANO_STATE_BACKEND_URI": f"file://{self.folder / 'state'}",
            "MELTANO_SYS_DIR_ROOT": str(self.folder / "meltano"),
            "MELTANO_DATABASE_URI": f"sqlite:///{self.folder / 'meltano.db'}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
        }
