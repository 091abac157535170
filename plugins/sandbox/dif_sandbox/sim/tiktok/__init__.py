"""TikTok's API for Business: advertisers, what is in their accounts, and integrated reports."""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.tiktok._provider import TikTok

__all__ = ["PROVIDER", "TikTok"]

PROVIDER: Final[MakeProvider] = TikTok
