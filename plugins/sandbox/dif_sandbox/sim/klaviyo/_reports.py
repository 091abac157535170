"""Reports: what may be asked for, and the groups of figures that answer it.

https://developers.klaviyo.com/en/reference/reporting_api_overview and .../query_metric_aggregates (2026-07-15)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.klaviyo._errors import invalid
from dif_sandbox.sim.klaviyo._world import CHANNELS, COUNTS, Row, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["ENDPOINTS", "GROUPS", "STATISTICS", "Order", "read_aggregate", "read_order", "rows"]

_KNOWN: Final[Mapping[str, Any]] = json.loads(files("dif_sandbox.sim.klaviyo").joinpath("words.json").read_bytes())
STATISTICS: Final[Mapping[str, tuple[str, ...]]] = {
    about: tuple(words.split()) for about, words in _KNOWN["statistics"].items()
}
"""What is reported about -> its figures."""
GROUPS: Final = {
    "campaign": ("campaign_id", "campaign_message_id", "send_channel"),
    "flow": ("flow_id", "flow_message_id", "send_channel"),
    "form": ("form_id",),
    "segment": ("segment_id",),
}
ENDPOINTS: Final = tuple(
    f"{about}-{form}" for about in GROUPS for form in ("values", "series") if (about, form) != ("campaign", "series")
)
MOST_DAYS: Final = {"values": 366, "series": 60}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for."""

    about: str
    form: str
    statistics: tuple[str, ...]
    groups: tuple[str, ...]
    metric: str
    first: date
    last: date

    @property
    def days(self) -> Sequence[date]:
        """The days of its timeframe."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def read_order(endpoint: str, given: Mapping[str, Any]) -> Order:
    """The order in a request.

    Raises:
        Refusal: something is missing or wrong.
    """
    about, _, form = endpoint.partition("-")
    asked = _attributes(given, f"{endpoint}-report")
    statistics = asked.get("statistics")
    if not isinstance(statistics, list) or not statistics or set(statistics) - set(STATISTICS[about]):
        raise invalid("statistics", f"{statistics!r} are no statistics of {about}s.")
    has_conversions = about in {"campaign", "flow"}
    metric = asked.get("conversion_metric_id", "")
    if has_conversions and not metric:
        raise invalid("conversion_metric_id", "A conversion metric is required.")
    if (form == "series") != (asked.get("interval") == "daily"):
        raise invalid("interval", "The only interval that is simulated is daily, of series.")
    groups = tuple(asked.get("group_by", GROUPS[about]))
    if set(groups) - {*GROUPS[about], *_KNOWN["groups"].get(about, "").split()} or (
        about == "segment" and "group_by" in asked
    ):
        raise invalid("group_by", f"{', '.join(groups)} cannot be grouped by.")
    if needed := {name for name in GROUPS[about] if name.endswith("_id")} - set(groups):
        raise invalid("group_by", f"{', '.join(sorted(needed))} are required.")
    first, last = _days(asked.get("timeframe"))
    if not 0 <= (last - first).days < MOST_DAYS[form]:
        raise invalid("timeframe", f"The time frame can be {MOST_DAYS[form]} days at most.")
    unknown = asked.keys() - {"statistics", "timeframe", "conversion_metric_id", "interval", "group_by"}
    if unknown or (metric and not has_conversions):
        raise invalid("attributes", f"{', '.join(sorted(unknown)) or 'conversion_metric_id'} is not a valid field.")
    return Order(about, form, tuple(statistics), groups, metric, first, last)


def rows(world: World, client: str, order: Order) -> Iterator[tuple[Row, date | None, Row]]:
    """Groups with their figures: of a series one of each day, of values one over all days that have any."""
    now = world.now(client)
    for names in _things(world, client, order.about):
        groups = {name: names.get(name, "") for name in order.groups}
        by_day = {day: world.figures.row(f"{client} {names['key']}", day, now) for day in order.days}
        if order.form == "series":
            for day, counts in by_day.items():
                yield groups, day, _measured(world, order, counts or dict.fromkeys(COUNTS, 0))
            continue
        found = [counts for counts in by_day.values() if counts is not None]
        total = {name: sum(counts[name] for counts in found) for name in COUNTS}
        if total["recipients"]:
            yield groups, None, _measured(world, order, total)


def read_aggregate(given: Mapping[str, Any]) -> tuple[Mapping[str, Any], Sequence[date]]:
    """What sums over events are asked for, and the days.

    Raises:
        Refusal: something is missing or wrong.
    """
    asked = _attributes(given, "metric-aggregate")
    if not asked.get("metric_id") or not set(asked.get("measurements", ())) <= {"count", "sum_value", "unique"}:
        raise invalid("measurements", "A metric and measurements are required.")
    if asked.get("interval") != "day" or asked.get("timezone", "UTC") != "UTC":
        raise invalid("interval", "Only days of UTC are simulated.")
    found = [re.fullmatch(r"([a-z-]+)\(datetime,([0-9-]{10})T[0-9:.]+\)", text) for text in asked.get("filter", ())]
    ends = {match[1]: date.fromisoformat(match[2]) for match in found if match is not None}
    if ends.keys() != {"greater-or-equal", "less-than"}:
        raise invalid("filter", "A range of datetime is required.")
    first, last = ends["greater-or-equal"], ends["less-than"]
    return asked, [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _attributes(given: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    data = given.get("data")
    if not isinstance(data, dict) or data.get("type") != kind or not isinstance(data.get("attributes"), dict):
        raise invalid("data", f"A resource of the type {kind} is required.")
    attributes: Mapping[str, Any] = data["attributes"]
    return attributes


def _days(timeframe: Any) -> tuple[date, date]:  # noqa: ANN401 - JSON holds anything
    try:
        first, last = (date.fromisoformat(timeframe[name][:10]) for name in ("start", "end"))
    except (KeyError, TypeError, ValueError) as wrong:
        raise invalid("timeframe", "start and end are required.") from wrong
    return first, last


def _things(world: World, client: str, about: str) -> Iterator[Row]:
    if about == "campaign":
        for channel, word in CHANNELS.items():
            for message in world.messages(client, channel):
                own = {"campaign_id": message["campaign_id"], "campaign_message_id": message["id"]}
                yield {**own, "send_channel": word, "key": message["id"]}
    elif about == "flow":
        for number, flow in enumerate(world.flows(client)):
            (message,) = world.flow_messages(client, 2 * number)
            own = {"flow_id": flow["id"], "flow_message_id": message["id"], "send_channel": "email"}
            yield {**own, "key": message["id"]}
    else:
        for thing in world.named(client, about):
            yield {f"{about}_id": thing["id"], "key": thing["id"]}


def _measured(world: World, order: Order, counts: Mapping[str, int]) -> Row:
    sent, opens, clicks = counts["recipients"], counts["opens"], counts["clicks"]
    conversions = counts["conversions"] // (1 + world.draw.bits("metric", order.metric) % 3)
    bounced = sent // 50
    delivered = sent - bounced
    made: Row = {
        "recipients": sent, "delivered": delivered, "bounced": bounced, "bounced_or_failed": bounced, "opens": opens,
        "opens_unique": opens * 3 // 4, "clicks": clicks, "clicks_unique": clicks * 2 // 3, "conversions": conversions,
        "conversion_uniques": conversions, "conversion_value": round(conversions * 49.95, 2),
        "open_rate": _rate(opens * 3 // 4, delivered), "click_rate": _rate(clicks * 2 // 3, delivered),
        "delivery_rate": _rate(delivered, sent), "bounce_rate": _rate(bounced, sent), "viewed_form": sent,
        "viewed_form_uniques": opens, "submits": clicks, "submit_rate": _rate(clicks, sent), "total_members": sent,
        "members_added": clicks, "members_removed": conversions, "net_members_changed": clicks - conversions,
    }  # fmt: skip
    return {name: made.get(name, 0) for name in order.statistics}


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
