"""What a sandbox is to run, as its maker says and its supervisor reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._python import write_private
from dif_sandbox.services.simulators import Simulation

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ALL_SERVICES", "DEFAULT_HOURS", "Options", "needs"]

ALL_SERVICES: Final = ("s3", "valkey", "aws", "simulators", "postgres", "redshift")
"""In the order of their start; PostgreSQL's first one keeps the supervisor busy, so the others are begun before it."""

NEEDS: Final = {"redshift": ("postgres", "s3")}
DEFAULT_HOURS: Final = 12.0


@dataclass(frozen=True, slots=True)
class Options:
    """The choices. `services` is put into the order of start, with what the chosen ones need."""

    services: tuple[str, ...] = ALL_SERVICES
    durable: bool = True
    max_hours: float = DEFAULT_HOURS
    simulation: Simulation = field(default_factory=Simulation)
    tied: bool = False
    """Whether the sandbox ends with the process that started it: when the supervisor's standard input ends."""

    def __post_init__(self) -> None:
        """Check the names and the hours.

        Raises:
            SandboxError: there is no such service, or no time to run.
        """
        if unknown := set(self.services) - set(ALL_SERVICES):
            message = f"no service is called {', '.join(sorted(unknown))}: there are {', '.join(ALL_SERVICES)}"
            raise SandboxError(message)
        if self.max_hours <= 0:
            message = f"a sandbox runs for more than {self.max_hours:g} hours"
            raise SandboxError(message)
        needed = {need for name in self.services for need in needs(name)} | set(self.services)
        object.__setattr__(self, "services", tuple(name for name in ALL_SERVICES if name in needed))

    def write(self, file: Path) -> None:
        """Keep them in a file."""
        write_private(file, asdict(self))

    @classmethod
    def read(cls, file: Path) -> Options:
        """The options that `write` kept."""
        held = json.loads(file.read_text())
        world = held.pop("simulation")
        simulation = Simulation(**{**world, "clients": tuple(world["clients"])})
        return cls(**{**held, "services": tuple(held["services"]), "simulation": simulation})


def needs(service: str) -> tuple[str, ...]:
    """The services that must answer before this one is begun."""
    return NEEDS.get(service, ())
