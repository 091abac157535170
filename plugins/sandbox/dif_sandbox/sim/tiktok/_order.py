"""Integrated reports: what may be asked for together.

https://business-api.tiktok.com/portal/docs?id=1740302848100353 and its pages on types, dimensions and metrics (2026-11)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.tiktok._errors import invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["DIMENSIONS", "IDS", "METRICS", "PARAMETERS", "TIMES", "Order", "json_of", "read_order"]

_KNOWN: Final[Mapping[str, Mapping[str, str]]] = json.loads(
    files("dif_sandbox.sim.tiktok").joinpath("fields.json").read_bytes()
)
METRICS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(names.split()) for kind, names in _KNOWN["metrics"].items()
}
"""Kind of a metric (``names``, ``counts``, ``rates``; ``audience`` for those of audience reports) -> the metrics."""
DIMENSIONS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(names.split()) for kind, names in _KNOWN["dimensions"].items()
}
"""Type of a report -> what its figures can be broken down by, besides ids and times."""
IDS: Final = {
    "ADVERTISER": "advertiser_id",
    "CAMPAIGN": "campaign_id",
    "ADGROUP": "adgroup_id",
    "AD": "ad_id",
}
TIMES: Final = {"stat_time_day": 30, "stat_time_hour": 1}
"""Dimension of time -> the most days of one request."""
WHOLE_DAYS: Final = 365
PARAMETERS: Final = frozenset(
    [
        "advertiser_id", "service_type", "report_type", "data_level", "dimensions", "metrics", "start_date", "end_date",
        "query_lifetime", "order_field", "order_type", "filtering", "page", "page_size", "query_mode",
        "enable_total_metrics",
    ]
)  # fmt: skip
BELOW: Final = {
    "ADVERTISER": ("campaign_", "adgroup_", "ad_", "placement", "promotion"),
    "CAMPAIGN": ("adgroup_", "ad_", "placement", "promotion"),
    "ADGROUP": ("ad_",),
    "AD": (),
}
"""Level -> the beginnings of metrics that are told of lower ones only."""
GOALS: Final = (
    "result",
    "cost_per_result",
    "real_time_result",
    "real_time_cost_per_result",
    "secondary",
    "cost_per_sec",
)
"""The beginnings of metrics about an ad group's goal: campaigns may have several."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a report is to hold; without days, all since things were made."""

    kind: str
    level: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    first: date | None
    last: date | None
    has_deleted: bool

    @property
    def time(self) -> str | None:
        """Its dimension of time."""
        return next((name for name in self.dimensions if name in TIMES), None)

    @property
    def parts(self) -> tuple[str, ...]:
        """What its figures are broken down by."""
        return tuple(name for name in self.dimensions if name not in TIMES and name not in IDS.values())


def json_of(given: Mapping[str, Any], name: str, of: type) -> Any:  # noqa: ANN401 - JSON holds anything
    """A parameter that is JSON in a text; nothing of it where it is not given.

    Raises:
        Refusal: it is not, or something else.
    """
    try:
        found = json.loads(given[name]) if name in given else of()
    except ValueError as wrong:
        raise invalid(f"{name}: Not a valid JSON string.") from wrong
    if not isinstance(found, of):
        raise invalid(f"{name}: Not a valid {of.__name__}.")
    return found


def read_order(given: Mapping[str, Any]) -> Order:
    """The order in a request.

    Raises:
        Refusal: a parameter is wrong.
    """
    kind = _one_of(given, "report_type", ("BASIC", "AUDIENCE"))
    service = _one_of(given, "service_type", ("AUCTION", "RESERVATION"))
    level = _one_of(given, "data_level", [f"{service}_{level}" for level in IDS]).removeprefix(f"{service}_")
    dimensions, metrics = tuple(json_of(given, "dimensions", list)), tuple(json_of(given, "metrics", list))
    _check_dimensions(kind, level, dimensions)
    _check_metrics(kind, level, metrics)
    first, last = _days(given, dimensions)
    return Order(kind, level, dimensions, metrics, first, last, _has_deleted(given, level))


def _one_of(given: Mapping[str, Any], name: str, known: Collection[str]) -> str:
    value = given.get(name)
    if value not in known:
        raise invalid(f"{name}: Must be one of: {', '.join(known)}.")
    return str(value)


def _check_dimensions(kind: str, level: str, dimensions: tuple[str, ...]) -> None:
    known = {IDS[level], *TIMES, *DIMENSIONS[kind]}
    if wrong := [name for name in dimensions if name not in known]:
        raise invalid(f"dimensions: {', '.join(map(str, wrong))} cannot be had in {kind} reports at level {level}.")
    if IDS[level] not in dimensions or len(set(dimensions)) != len(dimensions) or set(TIMES) <= set(dimensions):
        raise invalid(f"dimensions: {IDS[level]} is needed, and one time at most.")
    if kind == "AUDIENCE" and not DIMENSIONS[kind] & set(dimensions):
        raise invalid("dimensions: an audience report needs a dimension of the audience.")
    if kind == "AUDIENCE" and "stat_time_hour" in dimensions:
        raise invalid("dimensions: audience reports are not to be had by hour.")


def _check_metrics(kind: str, level: str, metrics: tuple[str, ...]) -> None:
    known = METRICS["names"] | METRICS["audience"]
    if kind == "BASIC":
        known |= METRICS["counts"] | METRICS["rates"]
    below = tuple(name for name in metrics if str(name).startswith(BELOW[level])) if BELOW[level] else ()
    below = tuple(name for name in below if name in METRICS["names"] and name != IDS[level])
    if level in {"ADVERTISER", "CAMPAIGN"}:
        below += tuple(name for name in metrics if str(name).startswith(GOALS))
    if wrong := [*(name for name in metrics if name not in known), *below]:
        raise invalid(f"metrics: {', '.join(map(str, wrong))} cannot be had in {kind} reports at level {level}.")


def _days(given: Mapping[str, Any], dimensions: tuple[str, ...]) -> tuple[date | None, date | None]:
    time = next((name for name in dimensions if name in TIMES), None)
    if given.get("query_lifetime", "false") == "true":
        if time is not None:
            raise invalid("query_lifetime: cannot be used with a dimension of time.")
        return None, None
    try:
        first, last = (date.fromisoformat(given[name]) for name in ("start_date", "end_date"))
    except (KeyError, ValueError) as wrong:
        raise invalid("start_date: Time format should be %Y-%m-%d. Please try again.") from wrong
    most = WHOLE_DAYS if time is None else TIMES[time]
    if not timedelta() <= last - first < timedelta(days=most):
        raise invalid(f"end_date: the time span can be {most} days at most.")
    return first, last


def _has_deleted(given: Mapping[str, Any], level: str) -> bool:
    found = False
    for one in json_of(given, "filtering", list):
        wanted = {"field_name": f"{level.lower()}_status", "filter_type": "IN"}
        if not isinstance(one, dict) or level == "ADVERTISER" or one != {**wanted, "filter_value": '["STATUS_ALL"]'}:
            raise invalid(f"filtering: {json.dumps(one)} is not supported here.")
        found = True
    return found
