"""Klaviyo's API, dated revisions: an account, what is in it, and reports, as JSON:API."""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.klaviyo._provider import Klaviyo

__all__ = ["PROVIDER", "Klaviyo"]

PROVIDER: Final[MakeProvider] = Klaviyo
