"""What runs in a sandbox's folder, written by its supervisor, read by everyone else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from dif_sandbox.services._processes import ProcessIdentity
from dif_sandbox.services._python import write_private

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Phase", "ServiceRecord", "State"]


class Phase(StrEnum):
    """Where a sandbox, or one of its services, is in its life."""

    WAITING = "waiting"
    """Not begun: what it needs does not answer yet."""
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"
    DOWN = "down"
    """Not running, although it should be."""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One service: its process and where it listens."""

    name: str
    phase: Phase
    process: ProcessIdentity | None = None
    executable: str = ""
    stop_signal: int = 0
    ports: dict[str, int] = field(default_factory=dict)
    seconds: float | None = None
    """How long its last start took."""
    restarts: int = 0
    """How often the supervisor found it dead and started it again."""


@dataclass(frozen=True, slots=True)
class State:
    """The whole sandbox."""

    supervisor: ProcessIdentity
    phase: Phase
    stops_at: float
    """When the watchdog ends it, in seconds since the epoch."""
    services: tuple[ServiceRecord, ...]
    failure: str | None = None
    """Why it did not start."""
    environment: dict[str, str] = field(default_factory=dict)
    """What its clients set; empty until it is up."""

    @property
    def is_alive(self) -> bool:
        """Whether its supervisor runs."""
        return self.supervisor.is_alive()

    def write(self, file: Path) -> None:
        """Put it in place of the former one, whole."""
        write_private(file, asdict(self))

    @classmethod
    def read(cls, file: Path) -> State | None:
        """The last state written; None if there is none (the sandbox was stopped in good order, or never started)."""
        try:
            held = json.loads(file.read_text())
        except FileNotFoundError:
            return None
        records = tuple(_record(record) for record in held.pop("services"))
        supervisor = ProcessIdentity(**held.pop("supervisor"))
        return cls(**{**held, "supervisor": supervisor, "phase": Phase(held["phase"]), "services": records})


def _record(held: dict[str, object]) -> ServiceRecord:
    process = held.pop("process")
    identity = ProcessIdentity(**process) if isinstance(process, dict) else None
    return ServiceRecord(**{**held, "phase": Phase(str(held["phase"])), "process": identity})  # type: ignore[arg-type]
