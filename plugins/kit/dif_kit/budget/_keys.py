"""Where budgets and leases lie in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dif_kit.budget._policy import Policy

__all__ = ["CHANNEL", "OVERRIDES_KEY", "PREFIX", "budget_part", "facts_key", "lease_keys", "policy_key", "token_key"]

# One hash tag: a reservation spans budgets, and a script may only touch one slot of a cluster.
PREFIX: Final = "{dif}:"
CHANNEL: Final = PREFIX + "wake"
OVERRIDES_KEY: Final = PREFIX + "overrides"


def budget_part(key: str, part: str) -> str:
    """What is known of a budget: its control, members, shares, or who waits."""
    return f"{PREFIX}budget:{key}:{part}"


def policy_key(key: str, policy: Policy) -> str:
    """The counts of one policy."""
    return budget_part(key, policy.key)


def facts_key(key: str) -> str:
    """A budget's own policies, for whoever looks from outside; ``*`` matches all."""
    return f"{PREFIX}facts:{key}"


def lease_keys(name: str) -> list[str]:
    """Holders, the last fence, the queue and the patience of its members."""
    return [f"{PREFIX}lease:{name}:{part}" for part in ("holders", "fence", "queue", "patience")]


def token_key(identity: str) -> str:
    """The sealed access token of one credential."""
    return f"{PREFIX}token:{identity}"
