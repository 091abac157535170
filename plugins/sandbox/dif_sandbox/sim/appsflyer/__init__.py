"""AppsFlyer's Pull API: apps, raw data, aggregate reports."""

from typing import Final

from dif_sandbox.sim.appsflyer._provider import AppsFlyer
from dif_sandbox.sim.channel import MakeProvider

__all__ = ["PROVIDER", "AppsFlyer"]

PROVIDER: Final[MakeProvider] = AppsFlyer
