"""Where a provider's answers tell of a budget, besides the three classic headers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Protocol
from zoneinfo import ZoneInfo

__all__ = [
    "AnswerView",
    "BodyDelay",
    "BodyPoints",
    "BodyQuota",
    "CallLimitHeader",
    "Heard",
    "Source",
    "UsageHeader",
    "seconds_until",
]

_FULL: Final = 100.0
_MOST_DEPTH: Final = 12
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)s?")
_CALLS: Final = re.compile(r"(?:[\w-]+=)?\s*(\d+)\s*/\s*(\d+)")


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer told of one budget; None says nothing.

    ``remaining`` is left until ``reset_seconds`` from now, or in a provider's bucket of points. ``cost`` is what the
    request was charged. ``pause_seconds`` is how long the provider wants to be left alone.
    """

    remaining: int | None = None
    reset_seconds: float = 0.0
    usage_percent: float | None = None
    cost: int | None = None
    pause_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as sources see it: its headers, and its body as JSON or None, read only if a source asks."""

    headers: Mapping[str, str]
    body: Callable[[], Any]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


class Source(Protocol):
    """A place in a provider's answers that tells of a budget."""

    def read(self, answer: AnswerView) -> Heard | None:
        """What it says; None if the answer has no such place."""


@dataclass(frozen=True, slots=True)
class UsageHeader:
    """A header that tells how much of an allowance is used, in percent: a number, or JSON with ``percents`` in it.

    JSON is searched at any depth, the highest counts. ``regain_minutes`` is a field with the minutes until a throttled
    caller may go on, ``reset_seconds`` one with the seconds until the count is zero, heeded at 100 %.

    Meta, https://developers.facebook.com/docs/graph-api/overview/rate-limiting (read 2026-08)::

        UsageHeader("X-App-Usage", ("call_count", "total_cputime", "total_time"))
        UsageHeader("X-Business-Use-Case-Usage", ("call_count", "total_cputime", "total_time"),
                    regain_minutes="estimated_time_to_regain_access")
        UsageHeader("X-Ad-Account-Usage", ("acc_id_util_pct",), reset_seconds="reset_time_duration")
        UsageHeader("X-FB-Ads-Insights-Throttle", ("app_id_util_pct", "acc_id_util_pct"))
    """

    name: str
    percents: tuple[str, ...] = ()
    regain_minutes: str | None = None
    reset_seconds: str | None = None

    def read(self, answer: AnswerView) -> Heard | None:
        """See `Source.read`."""
        document = _parsed(answer.headers.get(self.name, ""))
        if document is None:
            return None
        percents = _numbers(document, self.percents) if self.percents else _plain(document)
        usage = max(percents, default=None)
        pauses = [60 * minutes for minutes in _numbers(document, (self.regain_minutes,)) if minutes > 0]
        if usage is not None and usage >= _FULL:
            pauses += _numbers(document, (self.reset_seconds,))
        return Heard(usage_percent=usage, pause_seconds=max(pauses, default=None))


@dataclass(frozen=True, slots=True)
class CallLimitHeader:
    """A header such as ``32/40`` or ``api-usage=18/5000``: what is used, and the most.

    Shopify's REST bucket, ``X-Shopify-Shop-Api-Call-Limit`` (https://shopify.dev/docs/api/usage/limits, read 2026-11),
    is a ``bucket`` that corrects a policy ``points 40 restore 2/s``; Salesforce's ``Sforce-Limit-Info`` is a ``gauge``.
    """

    name: str
    kind: Literal["bucket", "gauge"] = "bucket"

    def read(self, answer: AnswerView) -> Heard | None:
        """See `Source.read`."""
        found = _CALLS.search(answer.headers.get(self.name, ""))
        if found is None or int(found[2]) == 0:
            return None
        used, most = int(found[1]), int(found[2])
        if self.kind == "bucket":
            return Heard(remaining=max(0, most - used))
        return Heard(usage_percent=100 * used / most)


@dataclass(frozen=True, slots=True)
class BodyPoints:
    """Fields of the body that mirror a provider's bucket of points.

    The defaults are Shopify's GraphQL (https://shopify.dev/docs/api/usage/limits, read 2026-11); a throttled query,
    HTTP 200 there, waits until the bucket holds what it asks for.
    """

    asked: str = "extensions.cost.requestedQueryCost"
    charged: str = "extensions.cost.actualQueryCost"
    left: str = "extensions.cost.throttleStatus.currentlyAvailable"
    restore: str = "extensions.cost.throttleStatus.restoreRate"

    def read(self, answer: AnswerView) -> Heard | None:
        """See `Source.read`."""
        body = answer.body()
        asked, charged, left, restore = (
            _number(_at(body, path)) for path in (self.asked, self.charged, self.left, self.restore)
        )
        if left is None:
            return None
        missing = 0.0 if asked is None or charged is not None else asked - left
        pause = missing / restore if missing > 0 and restore else None
        cost = None if charged is None else int(charged)
        return Heard(remaining=int(left), cost=cost, pause_seconds=pause)


@dataclass(frozen=True, slots=True)
class BodyQuota:
    """Fields of the body that tell what a request took of a quota and what is left ``until`` a time of the clock.

    ``until`` is "hour", "day@UTC" or a day of another zone. GA4's ``propertyQuota``, with ``returnPropertyQuota``
    (https://developers.google.com/analytics/devguides/reporting/data/v1/quotas, read 2026-11)::

        BodyQuota("propertyQuota.tokensPerHour", until="hour")
        BodyQuota("propertyQuota.tokensPerDay", until="day@America/Los_Angeles")
    """

    path: str
    until: str
    consumed: str = "consumed"
    remaining: str = "remaining"

    def read(self, answer: AnswerView) -> Heard | None:
        """See `Source.read`."""
        quota = _at(answer.body(), self.path)
        consumed, remaining = (_number(_at(quota, name)) for name in (self.consumed, self.remaining))
        if remaining is None and consumed is None:
            return None
        return Heard(
            # A protocol buffer leaves a zero out.
            remaining=int(remaining or 0),
            reset_seconds=seconds_until(self.until, answer.now),
            cost=None if consumed is None else int(consumed),
        )


@dataclass(frozen=True, slots=True)
class BodyDelay:
    """A field, anywhere in an error's body, with the seconds to wait: ``30``, ``"30s"`` or ``"0.5s"``.

    With ``where``, a field and its value, only the errors count that say this, with ``unless`` those that do not: an
    answer may name whose limit it is, and the budget of another shall not rest for it.

    An error may stand in an array, as where a stream of batches was asked for. Google Ads:
    ``quotaErrorDetails.retryDelay``, and ``google.rpc.RetryInfo`` of every Google API
    (https://developers.google.com/google-ads/api/docs/best-practices/quotas, read 2026-11).
    """

    field: str = "retryDelay"
    error: str = "error"
    where: tuple[str, str] | None = None
    unless: tuple[str, str] | None = None

    def read(self, answer: AnswerView) -> Heard | None:
        """See `Source.read`."""
        body = answer.body()
        delays = [
            float(match[1])
            for part in (body if isinstance(body, list) else [body])
            if (self.where is None or _says(part, self.where)) and not (self.unless and _says(part, self.unless))
            for value in _values(_at(part, self.error), (self.field,))
            if (match := _DURATION.fullmatch(str(value)))
        ]
        longest = max(delays, default=0.0)
        return Heard(pause_seconds=longest) if longest > 0 else None


def seconds_until(moment: str, now: datetime) -> float:
    """Seconds from ``now`` until the next full "hour", or the next midnight of "day@<zone>"."""
    word, _, zone = moment.partition("@")
    here = now.astimezone(ZoneInfo(zone or "UTC"))
    if word == "hour":
        following = here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    else:
        following = (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return following.timestamp() - now.timestamp()


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON holds anything
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _plain(document: Any) -> list[float]:  # noqa: ANN401 - JSON holds anything
    number = _number(document)
    return [] if number is None else [number]


def _numbers(document: Any, names: tuple[str | None, ...]) -> list[float]:  # noqa: ANN401 - JSON holds anything
    return [number for value in _values(document, names) if (number := _number(value)) is not None]


def _values(document: Any, names: tuple[str | None, ...], depth: int = 0) -> Iterator[Any]:  # noqa: ANN401 - JSON
    """The values of these fields, wherever they are."""
    if depth > _MOST_DEPTH:
        return
    if isinstance(document, Mapping):
        for name, value in document.items():
            if name in names:
                yield value
            yield from _values(value, names, depth + 1)
    elif isinstance(document, list):
        for value in document:
            yield from _values(value, names, depth + 1)


def _says(document: Any, said: tuple[str, str]) -> bool:  # noqa: ANN401 - JSON holds anything
    """Whether a field of this name has this value anywhere."""
    name, wanted = said
    return any(value == wanted for value in _values(document, (name,)))


def _number(value: Any) -> float | None:  # noqa: ANN401 - JSON holds anything
    """A finite number, as a number or as a text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None


def _at(document: Any, path: str) -> Any:  # noqa: ANN401 - JSON holds anything
    for key in path.split("."):
        document = document.get(key) if isinstance(document, Mapping) else None
    return document
