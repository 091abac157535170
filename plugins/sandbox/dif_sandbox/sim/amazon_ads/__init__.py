"""Amazon Ads: profiles in three regions, what is in them, and reports that are ordered first."""

from typing import Final

from dif_sandbox.sim.amazon_ads._provider import AmazonAds
from dif_sandbox.sim.channel import MakeProvider

__all__ = ["PROVIDER", "AmazonAds"]

PROVIDER: Final[MakeProvider] = AmazonAds
