"""What runs in a sandbox's folder, written by its supervisor, read by everyone else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._processes import ProcessIdentity
from dif_sandbox.services._python import write_private
from dif_sandbox.services.ports import is_listening

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

    @property
    def port(self) -> int | None:
        """The port that clients use."""
        return next(iter(self.ports.values()), None)

    @property
    def running(self) -> ProcessIdentity | None:
        """Its process, if that very one still runs, and the recorded program in it."""
        return self.process if self.process and self.process.is_alive() and self.process.runs(self.executable) else None

    @property
    def present_phase(self) -> Phase:
        """The phase recorded, unless a look at the process and its port shows that it is no longer so."""
        there = self.process is not None and self.process.is_alive() and self.port and is_listening(self.port)
        return Phase.DOWN if self.phase is Phase.UP and not there else self.phase


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

    @property
    def is_up(self) -> bool:
        """Whether all of it runs and listens."""
        return (
            self.phase is Phase.UP
            and self.is_alive
            and all(record.present_phase is Phase.UP for record in self.services)
        )

    @property
    def given_up(self) -> list[str]:
        """The services that the supervisor does not start again."""
        return [record.name for record in self.services if record.phase is Phase.DOWN]

    def write(self, file: Path) -> None:
        """Put it in place of the former one, whole."""
        write_private(file, asdict(self))

    @classmethod
    def read(cls, file: Path) -> State | None:
        """The last state written; None if there is none (the sandbox was stopped in good order, or never started).

        Raises:
            SandboxError: the file is damaged.
        """
        try:
            held = json.loads(file.read_text())
            records = tuple(_record(record) for record in held.pop("services"))
            supervisor = ProcessIdentity(**held.pop("supervisor"))
            return cls(**{**held, "supervisor": supervisor, "phase": Phase(held["phase"]), "services": records})
        except FileNotFoundError:
            return None
        except (AttributeError, KeyError, TypeError, ValueError) as damage:
            message = f"{file} is damaged: end what `ps` still shows of this folder, then remove the file"
            raise SandboxError(message) from damage


def _record(held: dict[str, object]) -> ServiceRecord:
    process = held.pop("process")
    identity = ProcessIdentity(**process) if isinstance(process, dict) else None
    return ServiceRecord(**{**held, "phase": Phase(str(held["phase"])), "process": identity})  # type: ignore[arg-type]
