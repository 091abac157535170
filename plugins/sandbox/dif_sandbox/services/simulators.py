"""The marketing channels' simulators: one process for all of them, one port for each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_sandbox.services._python import PythonService

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["API_PATHS", "Simulation", "Simulators"]

API_PATHS: Final = {"google_ads": "/v25", "pinterest": "/v5"}
"""The channels that a sandbox has, each with what the API's address goes on with."""
_TOKENS: Final = "google_ads_tokens"


@dataclass(frozen=True, slots=True)
class Simulation:
    """The world that is simulated: the same for the same values. `now` is ISO 8601; None: the real time."""

    clients: tuple[str, ...] = ("demo", "acme", "globex")
    seed: int = 1
    scale: int = 1
    now: str | None = None


class Simulators(PythonService):
    """What clients call Google Ads, Pinterest and so on. Writes their API credentials below `credentials`."""

    name = "simulators"
    # A vault keeps where tokens are given: that place must be the same after a restart, too.
    port_names: ClassVar[tuple[str, ...]] = (*API_PATHS, _TOKENS)
    module: ClassVar[str] = "dif_sandbox.sim"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        credentials: Path,
        simulation: Simulation | None = None,
        durable: bool = True,
        ports: Mapping[str, int] | None = None,
        log: Path | None = None,
    ) -> None:
        super().__init__(folder, durable=durable, ports=ports, log=log)
        self._credentials = credentials
        self._simulation = simulation or Simulation()

    @property
    def urls(self) -> dict[str, str]:
        """The address of every channel's simulator."""
        return {channel: said["url"] for channel, said in self.ready.items()}

    def configuration(self) -> dict[str, Any]:
        """As `dif_sandbox.sim` reads it."""
        world = asdict(self._simulation)
        channels: dict[str, dict[str, Any]] = {each: {"port": self.ports[each], **world} for each in API_PATHS}
        channels["google_ads"]["token_port"] = self.ports[_TOKENS]
        return {"channels": channels, "credentials_dir": str(self._credentials)}
