"""Meta's Marketing API: ad accounts, what is in them, and insights that are ordered first."""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.meta._provider import Meta

__all__ = ["PROVIDER", "Meta"]

PROVIDER: Final[MakeProvider] = Meta
