"""What every budget of the fleet looks like now: used, left, paused until when, who waits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.budget._calendar import midnights
from dif_kit.budget._counters import bucket_full_at
from dif_kit.budget._keys import budget_part, lease_keys, policy_key
from dif_kit.budget._policy import ROLLING_BUCKETS, CalendarDay, Concurrent, Points, Policy, Rolling, Window
from dif_kit.budget._terms import rule

if TYPE_CHECKING:
    from dif_kit.budget._operator import Operator
    from dif_kit.budget._terms import Override, Ruling

__all__ = ["BudgetView", "PolicyView", "look"]

_USAGE_VALID_US: Final = 300_000_000


class PolicyView(msgspec.Struct, frozen=True):
    """A policy as it holds now; ``used`` counts what is reserved too, in starts, points or requests under way."""

    text: str
    limit: int
    used: int
    left: int


class BudgetView(msgspec.Struct, frozen=True):
    """One budget in one scope. Times are epoch seconds of Redis' clock.

    ``speed_percent`` is below 100 after unexplained refusals and near a provider's full usage. ``provider_left`` is the
    provider's own count until ``provider_resets_at``. ``clients`` used it lately, ``waiting`` maps clients to the
    requests that wait for a start.
    """

    name: str
    scope: str
    policies: list[PolicyView]
    percent: int
    is_shadow: bool
    decided_by: str
    paused_until: float | None
    speed_percent: int
    usage_percent: float | None
    provider_left: int | None
    provider_resets_at: float | None
    clients: list[str]
    processes: int
    waiting: dict[str, int]


def look(operator: Operator) -> list[BudgetView]:
    """Every budget that was used in the last week.

    Raises:
        BudgetError: Redis does not answer.
    """
    overrides = operator.overrides()
    now = operator.now()
    return [
        _view(operator, key, rule(texts, override), override, now)
        for key, texts in operator.known().items()
        for override in (overrides.get(key.partition(":")[0]),)
    ]


def _view(operator: Operator, key: str, ruling: Ruling, override: Override | None, now: int) -> BudgetView:
    name, _, scope = key.partition(":")
    control = _control(operator, key)
    members = operator.call(lambda: operator.client.zrange(budget_part(key, "members"), 0, -1))
    waiting = operator.call(lambda: operator.client.zrangebyscore(budget_part(key, "waiting"), f"({now}", "+inf"))
    paused_until = max(control.get("pause", 0), ruling.not_before_us)
    is_counted = control.get("reset", 0) > now
    usage = control.get("usage") if now - control.get("usage_at", 0) < _USAGE_VALID_US else None
    return BudgetView(
        name=name,
        scope=scope,
        policies=[_policy_view(operator, key, policy, now) for policy in ruling.policies],
        percent=100 if override is None else override.percent,
        is_shadow=ruling.is_shadow,
        decided_by="" if override is None else override.by,
        paused_until=paused_until / 1e6 if paused_until > now else None,
        speed_percent=round(100 * _speed(control, usage, now)),
        usage_percent=usage,
        provider_left=int(control["remaining"]) if is_counted and "remaining" in control else None,
        provider_resets_at=control["reset"] / 1e6 if is_counted else None,
        clients=sorted({_client_of(member) for member in members}),
        processes=len(members),
        waiting=dict(sorted(Counter(map(_client_of, waiting)).items())),
    )


def _control(operator: Operator, key: str) -> dict[str, float]:
    fields = operator.call(lambda: operator.client.hgetall(budget_part(key, "control")))
    return {name.decode(): float(value) for name, value in fields.items()}


def _speed(control: dict[str, float], usage: float | None, now: int) -> float:
    """The factor on every rate, as ``lua/reserve.lua`` has it."""
    speed = min(1.0, control.get("scale", 1.0) + 0.05 * (now - control.get("scale_at", now)) / 1e6)
    return speed if usage is None or usage <= 75 else min(speed, max(0.05, (100 - usage) / 25))  # noqa: PLR2004


def _policy_view(operator: Operator, key: str, policy: Policy, now: int) -> PolicyView:
    used = _used(operator, key, policy, now)
    return PolicyView(policy.text, policy.limit, used, max(0, policy.limit - used))


def _used(operator: Operator, key: str, policy: Policy, now: int) -> int:
    client, call, place = operator.client, operator.call, policy_key(key, policy)
    match policy:
        case Window():
            return int(call(lambda: client.zcount(place, f"({now - policy.period}", now)))
        case Rolling():
            oldest = now // policy.bucket - ROLLING_BUCKETS
            return sum(
                int(used) for bucket, used in call(lambda: client.hgetall(place)).items() if int(bucket) >= oldest
            )
        case CalendarDay():
            return int(call(lambda: client.hget(place, str(midnights(policy.zone, now)[0]))) or 0)
        case Points():
            full_at = bucket_full_at((call(lambda: client.get(place)) or b"0").decode())
            return min(policy.limit, max(0, round((full_at - now) * policy.restore / policy.period)))
        case Concurrent():
            holders = lease_keys(f"concurrent:{key}")[0]
            return int(call(lambda: client.zcount(holders, f"({now}", "+inf")))


def _client_of(member: bytes) -> str:
    """The client in a member's or a token's name; ``-`` if it has none."""
    return member.decode().rpartition("/")[0] or "-"
