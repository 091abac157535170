"""Mosaic, a provider that does not exist: each endpoint pages, limits and encodes in another way.

It is what clients of any kind are tested with, and the example of how a channel is written.
"""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.mosaic._provider import Mosaic

__all__ = ["PROVIDER", "Mosaic"]

PROVIDER: Final[MakeProvider] = Mosaic
