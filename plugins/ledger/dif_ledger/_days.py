"""A tap and a target run for some days of the past, each with a STATE of its own: live runs do not hear of it.

What the target tells goes into a file, or to Meltano, without passing through this process: if it is killed, both ends
go on, and whoever comes next finds what they told.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dif_ledger._catalog import only
from dif_ledger._pipe import PipeEnd, Watched, json_object, popen, singer_state, start, start_pair

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from dif_ledger._pipe import Launch

__all__ = ["DaysDirect", "DaysMeltano"]

# Less weight than live runs in every budget, and a fence of its own in the warehouse.
_PRIORITY: Final = {"DIF_PRIORITY": "backfill"}


@dataclass(slots=True)
class DaysDirect:
    """``tap | target`` for these days and streams.

    ``folder`` keeps what the target told; ``lock`` is an open file that both ends hold, too, as long as they live.
    """

    tap: str
    target: str
    tap_config: str
    target_config: str
    catalog: Mapping[str, Any]
    days: tuple[date, date]
    streams: Sequence[str]
    folder: Path
    name: str
    lock: int
    launch: Launch = popen
    was_stopped: bool = False

    def run(self, log: Path, environment: Mapping[str, str]) -> PipeEnd:
        """Run both to their ends; raises ConfigError if one cannot be started."""
        options = self._options()
        environment = {**environment, **_PRIORITY}
        watched = Watched(log)
        with watched.open() as out, self._told.open("ab") as told:
            commands = [self.tap, *options], [self.target, "--config", self.target_config]
            tap, target = start_pair(*commands, environment, stdout=told, pass_fds=(self.lock,), launch=self.launch)
            with watched.until_both_end(out, tap, target):
                pass
        self.was_stopped = watched.was_stopped
        return PipeEnd(self.state(), tuple(watched.last), tap.returncode, target.returncode, watched.was_stopped)

    def state(self) -> Mapping[str, Any] | None:
        """The STATE that was told last, whoever ran it."""
        lines = self._told.read_bytes().splitlines() if self._told.exists() else []
        states = (state for line in reversed(lines) if (state := json_object(line)) is not None)
        return next(states, None)

    def forget(self) -> None:
        """Let go of what was told: the days are there."""
        for path in (self._told, *(self._beside(what) for what in ("catalog", "config", "state"))):
            path.unlink(missing_ok=True)

    @property
    def _told(self) -> Path:
        return self.folder / f"{self.name}.told"

    def _beside(self, what: str) -> Path:
        return self.folder / f"{self.name}.{what}.json"

    def _options(self) -> list[str]:
        """The tap's settings as they are, these days in the place of its own, only these streams, its STATE if any."""
        first, last = self.days
        self.folder.mkdir(parents=True, exist_ok=True)
        self._beside("config").write_text(
            json.dumps({"start_date": str(first), "end_date": str(last), "priority": "backfill"})
        )
        self._beside("catalog").write_text(json.dumps(only(self.catalog, self.streams)))
        options = ["--config", self.tap_config, "--config", str(self._beside("config"))]
        options += ["--catalog", str(self._beside("catalog"))]
        if (state := self.state()) is not None:
            self._beside("state").write_text(json.dumps(state))
            options += ["--state", str(self._beside("state"))]
        return options


@dataclass(slots=True)
class DaysMeltano:
    """``meltano run`` for these days and streams; its state backend keeps the STATE, under an id of its own."""

    client: str
    tap: str
    target: str
    days: tuple[date, date]
    streams: Sequence[str]
    name: str
    lock: int
    was_stopped: bool = False

    def run(self, log: Path, environment: Mapping[str, str]) -> PipeEnd:
        """Run the pair to its end; raises ConfigError if Meltano cannot be started."""
        prefix = self.tap.upper().replace("-", "_")
        mine = {
            f"{prefix}_START_DATE": str(self.days[0]),
            f"{prefix}_END_DATE": str(self.days[1]),
            f"{prefix}_PRIORITY": "backfill",
            f"{prefix}__SELECT_FILTER": json.dumps(list(self.streams)),
        }
        command = [*self._meltano, "run", f"--state-id-suffix={self.name}", self.tap, self.target]
        watched = Watched(log)
        with watched.open() as out:
            process = start(command, {**environment, **_PRIORITY, **mine}, pass_fds=(self.lock,))
            with watched.until_both_end(out, process):
                pass
        self.was_stopped = watched.was_stopped
        return PipeEnd(self.state(), tuple(watched.last), None, None, watched.was_stopped)

    def state(self) -> Mapping[str, Any] | None:
        """The STATE that Meltano keeps of these days."""
        return singer_state(self._ask("get", self._state_id))

    def forget(self) -> None:
        """Let go of the STATE: the days are there."""
        self._ask("clear", "--force", self._state_id)

    @property
    def _meltano(self) -> list[str]:
        return ["meltano", f"--environment={self.client}"]

    @property
    def _state_id(self) -> str:
        return f"{self.client}:{self.tap}-to-{self.target}:{self.name}"

    def _ask(self, *what: str) -> bytes:
        return subprocess.run(  # noqa: S603 - the names stand behind options, nothing is a shell's
            [*self._meltano, "--log-level=error", "state", *what], capture_output=True, check=False
        ).stdout
