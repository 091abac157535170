"""Microsoft Advertising: accounts, what is in them, bulk files, and reports that are ordered first."""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.microsoft_ads._provider import MicrosoftAds

__all__ = ["PROVIDER", "MicrosoftAds"]

PROVIDER: Final[MakeProvider] = MicrosoftAds
