"""How providers tell where a caller's budgets stand: in headers of many kinds, in fields of the body, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dif_sandbox.sim.budgets import Standing

__all__ = [
    "Announce",
    "as_date",
    "as_epoch",
    "bucket_fields",
    "call_limit",
    "in_seconds",
    "quota_fields",
    "rate_headers",
    "ratelimit_headers",
    "unannounced",
    "usage_headers",
]

Announce = Callable[[Sequence["Standing"]], Mapping[str, str]]
"""From the standings of an admitted request to headers."""


def in_seconds(standing: Standing) -> str:
    """A reset as seconds from now."""
    return str(standing.reset_seconds)


def as_epoch(standing: Standing) -> str:
    """A reset as seconds since 1970."""
    return str(int(standing.at) + standing.reset_seconds)


def as_date(standing: Standing) -> str:
    """A reset as an HTTP date."""
    return formatdate(standing.at + standing.reset_seconds, usegmt=True)


def unannounced(_standings: Sequence[Standing]) -> dict[str, str]:
    """No word: the caller has to know the limits from the documentation."""
    return {}


def rate_headers(reset: Callable[[Standing], str] = in_seconds, prefix: str = "x-ratelimit-") -> Announce:
    """``x-ratelimit-limit``, ``-remaining`` and ``-reset`` of the budget with the least left."""

    def announce(standings: Sequence[Standing]) -> dict[str, str]:
        tightest = _tightest(standings)
        return {
            f"{prefix}limit": str(tightest.window.limit),
            f"{prefix}remaining": str(tightest.remaining),
            f"{prefix}reset": reset(tightest),
        }

    return announce


def ratelimit_headers(standings: Sequence[Standing]) -> dict[str, str]:
    """``RateLimit-*``, with every window behind the limit: ``10, 10;w=1, 150;w=60`` (an early IETF draft's form)."""
    windows = ", ".join(f"{standing.window.limit};w={standing.window.seconds}" for standing in standings)
    tightest = _tightest(standings)
    return {
        "ratelimit-limit": f"{tightest.window.limit}, {windows}",
        "ratelimit-remaining": str(tightest.remaining),
        "ratelimit-reset": str(tightest.reset_seconds),
    }


def usage_headers(header: str, *, kind: str) -> Announce:
    """A header of JSON that knows percentages and minutes only, as Meta's business use case usage."""

    def announce(standings: Sequence[Standing]) -> dict[str, str]:
        tightest = _tightest(standings)
        percent = min(100, 100 * tightest.used // max(1, tightest.window.limit))
        regain = -(-tightest.reset_seconds // 60) if tightest.exceeded else 0
        usage = {
            "type": kind,
            "call_count": percent,
            "total_cputime": percent // 2,
            "total_time": percent // 2,
            "estimated_time_to_regain_access": regain,
        }
        return {header: json.dumps({tightest.window.name: [usage]})}

    return announce


def call_limit(header: str) -> Announce:
    """A header such as ``32/40``: what is in a leaky bucket, and how much it holds."""

    def announce(standings: Sequence[Standing]) -> dict[str, str]:
        tightest = _tightest(standings)
        return {header: f"{tightest.used}/{tightest.window.limit}"}

    return announce


def quota_fields(standings: Sequence[Standing], costs: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Fields of a body: what this request consumed of every budget, and what remains (as Analytics' propertyQuota)."""
    return {
        standing.window.name: {
            "consumed": (costs or {}).get(standing.window.name, 1),
            "remaining": standing.remaining,
        }
        for standing in standings
    }


def bucket_fields(standing: Standing, per_second: float) -> dict[str, float]:
    """Fields of a body: how a points bucket stands (as Shopify's throttleStatus)."""
    return {
        "maximumAvailable": float(standing.window.limit),
        "currentlyAvailable": standing.remaining,
        "restoreRate": per_second,
    }


def _tightest(standings: Sequence[Standing]) -> Standing:
    return min(standings, key=lambda standing: standing.remaining)
