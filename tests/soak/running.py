"""A command of the week while it runs, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from warm import Process, Warm

__all__ = ["Ended", "Running"]


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


@dataclass(frozen=True)
class Running:
    """A fork that carries a command out, whose files go into the folder."""

    process: Process
    folder: Path

    @classmethod
    def start(
        cls,
        warm: Warm,
        command: Sequence[str],
        *,
        now: datetime,
        environment: Mapping[str, str],
        folder: Path,
        moment: Mapping[str, Any] | None = None,
    ) -> Self:
        """Carry out a command at a moment of the simulated clock."""
        folder.mkdir(parents=True, exist_ok=True)
        facts = {"now": now.timestamp(), "place": str(folder), "moment": moment}
        with (folder / "out").open("wb") as out, (folder / "said").open("wb") as said:
            process = warm.popen(
                command, stdout=out, stderr=said, env=environment, through="soak.forks:run", facts=facts
            )
        return cls(process, folder)

    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def result(self, timeout: float | None = None) -> Ended:
        """How it ended, when it has."""
        code = self.process.wait(timeout)
        used = self.folder / "used"
        return Ended(code, self.folder, **(json.loads(used.read_text()) if used.exists() else {}))
