"""What holds in each budget now: what the tap states, what its settings say instead, what an operator decided since."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.budget._policy import (
    ROLLING_BUCKETS,
    SECOND,
    CalendarDay,
    Concurrent,
    Points,
    Policy,
    Rolling,
    Window,
    parse_policies,
)
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dif_kit.budget._ports import Budget

__all__ = ["SHADOW", "Override", "Ruling", "Terms", "check_policies", "rule", "starts_an_hour"]

#: Among policies: count, tell what would have waited, and let everyone go.
SHADOW: Final = "shadow"
_HOUR: Final = 3600 * SECOND


class Override(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an operator decided for a budget by its name, in all its scopes, for every process that uses it.

    ``policies`` stand in for the tap's own if there are any; ``percent`` scales either; ``paused_until_us`` is by
    Redis' clock, ``by`` who decided it.
    """

    policies: tuple[str, ...] = ()
    percent: int = 100
    paused_until_us: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The policies of a budget as they are to be kept; squeezed ones have a part of their limits."""

    policies: tuple[Policy, ...]
    is_shadow: bool = False
    not_before_us: int = 0
    is_squeezed: bool = False


class Terms:
    """Resolves budgets to rulings; the operator's word goes before the settings', theirs before the tap's."""

    def __init__(self, configured: Mapping[str, Iterable[str]] | None = None) -> None:
        self._configured = {name: tuple(texts) for name, texts in (configured or {}).items()}
        self._overrides: Mapping[str, Override] = {}

    def override(self, overrides: Mapping[str, Override]) -> None:
        """Take what operators decided; what is not there any more holds no more."""
        self._overrides = overrides

    def texts(self, budget: Budget) -> tuple[str, ...]:
        """The policies of the tap or its settings, as texts; what an operator decided is not among them."""
        return _instead(budget.policies, self._configured.get(budget.name, ()))

    def ruling(self, budget: Budget) -> Ruling:
        """What holds in the budget now.

        Raises:
            ConfigError: a policy's text is not understood.
        """
        try:
            return rule(self.texts(budget), self._overrides.get(budget.name))
        except ConfigError as error:
            message = f"budget {budget.name!r}: {error}"
            raise ConfigError(message) from None


@lru_cache(maxsize=1024)
def rule(texts: tuple[str, ...], override: Override | None = None) -> Ruling:
    """What policies mean, with what an operator decided.

    Raises:
        ConfigError: a text is not understood.
    """
    override = override or Override()
    texts = _instead(texts, override.policies)
    policies = parse_policies(tuple(text for text in texts if text != SHADOW))
    is_squeezed = override.percent != 100  # noqa: PLR2004 - percent
    if is_squeezed:
        policies = tuple(_squeezed(policy, override.percent / 100) for policy in policies)
    return Ruling(policies, SHADOW in texts, override.paused_until_us, is_squeezed)


def check_policies(texts: Iterable[str]) -> None:
    """Make sure that policies, as a person wrote them, are understood.

    Raises:
        ConfigError: which one is not, or which two count the same thing.
    """
    rule(tuple(texts))


def starts_an_hour(texts: Iterable[str]) -> float | None:
    """How many starts policies allow in an hour, by the strictest; None if none of them is a rate.

    Raises:
        ConfigError: one of them is not understood.
    """
    rates = [rate for policy in rule(tuple(texts)).policies if (rate := _an_hour(policy)) is not None]
    return min(rates, default=None)


def _an_hour(policy: Policy) -> float | None:
    match policy:
        case Window():
            return policy.limit * _HOUR / policy.period
        case Rolling():
            return policy.limit * _HOUR / (policy.bucket * ROLLING_BUCKETS)
        case Points():
            return policy.restore * _HOUR / policy.period
        case CalendarDay():
            return policy.limit / 24
        case _:
            return None


def _instead(texts: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The others, if there are any; a mere "shadow" lays a shadow over what was there."""
    if others == (SHADOW,):
        return texts if SHADOW in texts else (*texts, SHADOW)
    return others or texts


def _squeezed(policy: Policy, share: float) -> Policy:
    """The policy with a part of its limit, counted where it was counted before."""
    limit = max(1, math.floor(policy.limit * share))
    match policy:
        case Window():
            return replace(policy, limit=limit, gap=math.ceil(policy.gap / share))
        case Points():
            # The bucket is the provider's, the pace is ours: a request may cost as much as before.
            return replace(policy, period=math.ceil(policy.period / share))
        case Rolling() | CalendarDay() | Concurrent():
            return replace(policy, limit=limit)
