"""Shopify's Admin API: queries and bulk operations of GraphQL, and what is left in REST."""

from typing import Final

from dif_sandbox.sim.channel import MakeProvider
from dif_sandbox.sim.shopify._provider import Shopify

__all__ = ["PROVIDER", "Shopify"]

PROVIDER: Final[MakeProvider] = Shopify
