"""Figures broken down by targeting: whom and where ads reached, type by type, each type's figures for themselves.

Types and levels: specification 5.23.0. An order names five types at most; one that names none gets all. Values are in
the form that the specification's examples have: numbers for places and audiences, words for the others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.pinterest import _errors
from dif_sandbox.sim.pinterest._counts import Day, Measured, measure
from dif_sandbox.sim.pinterest._rows import LEVELS, Line, attributes_of, entities
from dif_sandbox.sim.pinterest._texts import QUERIES, TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from dif_sandbox.sim.pinterest._world import Account, Ad, World

__all__ = ["REACH", "SUFFIX", "TYPES", "plain_level", "read_types", "targeted_lines"]

Value = str | int
Cells = dict[tuple[str, Value], list[Measured]]

SUFFIX: Final = "_TARGETING"
MOST_TYPES: Final = 5
WORDS: Final[Mapping[str, tuple[Value, ...]]] = {
    "AGE_BUCKET": ("18-24", "25-34", "35-44", "45-49", "50-54", "55-64", "65+"),
    "APPTYPE": ("iphone", "ipad", "web", "web_mobile", "android_mobile", "android_tablet"),
    "COUNTRY": ("US", "CA", "DE", "GB"),
    "GENDER": ("female", "male", "unknown"),
    "GEO": ("US:94102", "US:10001", "CA:M5V"),
    "KEYWORD": QUERIES,
    "LOCATION": (500, 501, 803),
    "PINNER_INTEREST": tuple(f"Food and Drinks > {topic}" for topic in TOPICS),
    "PLACEMENT": ("SEARCH", "BROWSE"),
    "REGION": ("US-CA", "US-NY", "CA-ON"),
    "TARGETED_INTEREST": tuple(f"Home Decor > {topic} > Détails" for topic in TOPICS),
}
TYPES: Final = (*WORDS, "AUDIENCE_INCLUDE")
"""The types that are simulated: all that every level has, but for those in beta."""
OF_ONE_LEVEL: Final = {"AUDIENCE_MULTIPLIER": "CAMPAIGN_TARGETING", "MEDIA_TYPE": "PRODUCT_ITEM_TARGETING"}
NOT_SIMULATED: Final = ("AGE_BUCKET_AND_GENDER", "AUDIENCE_MULTIPLIER", "CREATIVE_ENHANCEMENTS", "LOCAL_ADS_STORE_CODE")
PARTIAL: Final = {"KEYWORD": 0.4, "TARGETED_INTEREST": 0.7, "PINNER_INTEREST": 0.8, "AUDIENCE_INCLUDE": 0.5}
"""Types that not everything was shown by, with the share that was."""
REACH: Final = ("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY")
"""Columns that are not broken down: connectors of live accounts leave them out."""


def plain_level(level: str) -> str | None:
    """The level whose figures a targeting level breaks down; None if it is none, or none that is simulated."""
    plain = level.removesuffix(SUFFIX)
    return plain if plain != level and plain in LEVELS else None


def read_types(given: Any, level: str, columns: Sequence[str]) -> tuple[str, ...]:  # noqa: ANN401 - a client's JSON
    """The targeting types of an order; none if its level is a plain one.

    Raises:
        Refusal: types or columns that the level does not have, too many types, or types that are not simulated.
    """
    if plain_level(level) is None:
        if given is not None:
            raise _errors.invalid(f"'targeting_types' requires 'level' to end in {SUFFIX}")
        return ()
    if reach := [column for column in columns if column in REACH]:
        raise _errors.invalid(f"{', '.join(reach)} cannot be requested with level {level}")
    if given is None:
        return TYPES
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_TYPES:
        raise _errors.invalid(f"'targeting_types' must be an array of 1 to {MOST_TYPES} items")
    for kind in map(str, given):
        if OF_ONE_LEVEL.get(kind, level) != level or kind not in (*TYPES, *OF_ONE_LEVEL, *NOT_SIMULATED):
            raise _errors.invalid(f"'{kind}' in 'targeting_types' is not a targeting type of level {level}")
        if kind in NOT_SIMULATED:
            raise _errors.refusal(501, 501, f"The simulator has no figures by {kind}.")
    return tuple(dict.fromkeys(map(str, given)))


def targeted_lines(
    world: World,
    account: Account,
    level: str,
    span: tuple[date, date],
    kinds: Sequence[str],
    *,
    now: datetime,
    zone: ZoneInfo,
    daily: bool = True,
) -> Iterator[Line]:
    """The lines of an account's entities at a plain level: entity by entity, day by day, one each type and value."""
    known = entities(world, account, level)
    for entity_id in sorted(known, key=int):
        ads, whole = known[entity_id], Cells()
        for offset in range((span[1] - span[0]).days + 1):
            when = span[0] + timedelta(days=offset)
            day = Day.seen(when, now, zone)
            cells = _cells(world, ads, day, kinds)
            if daily:
                yield from _lines(entity_id, when, cells, attributes_of(world, ads[0], level, day.attributes_at))
            else:
                for key, parts in cells.items():
                    whole.setdefault(key, []).extend(parts)
        moment = int(now.astimezone(UTC).timestamp())
        attributes = attributes_of(world, ads[0], level, moment)
        yield from (replace(line, span=span) for line in _lines(entity_id, None, whole, attributes))


def _lines(entity_id: str, when: date | None, cells: Cells, attributes: dict[str, Any]) -> Iterator[Line]:
    for targeting, parts in cells.items():
        yield Line(entity_id, when, Measured.total(parts), attributes, targeting)


def _cells(world: World, ads: Sequence[Ad], day: Day, kinds: Sequence[str]) -> Cells:
    """The parts of a day's figures by type and value."""
    found = Cells()
    for ad in ads:
        whole = measure(world, ad, day)
        if whole is None:
            continue
        for kind in kinds:
            for value, part in _parts(world, ad, kind, whole):
                found.setdefault((kind, value), []).append(part)
    return found


def _parts(world: World, ad: Ad, kind: str, whole: Measured) -> Iterator[tuple[Value, Measured]]:
    """An ad's figures, cut in two or left whole, each part with the value that it belongs to."""
    draw = world.draw
    values = _values(world, ad, kind)
    first = draw.bits("targeting", kind, ad.id) % len(values)
    is_cut = len(values) > 1 and draw.chance(0.5, "targeting cut", kind, ad.id)
    end = PARTIAL.get(kind, 1.0)
    bounds = (0.0, end * (0.2 + 0.6 * draw.fraction("targeting share", kind, ad.id)), end) if is_cut else (0.0, end)
    for number, (low, high) in enumerate(pairwise(bounds)):
        counts = _between(whole.counts, low, high, ad.account.market.smallest_micros)
        if counts:
            yield values[(first + number) % len(values)], Measured(counts, max(1, round(whole.people * (high - low))))


def _values(world: World, ad: Ad, kind: str) -> Sequence[Value]:
    if kind == "AUDIENCE_INCLUDE":
        return [int(audience.id) for audience in world.audiences if audience.account is ad.account]
    return WORDS[kind]


def _between(counts: Mapping[str, int], low: float, high: float, smallest: int) -> Counter[str]:
    """The share of each count from `low` to `high`; shares that adjoin add up, and amounts can be paid."""
    found: Counter[str] = Counter()
    for name, count in counts.items():
        unit = smallest if name in {"SPEND", "VIDEO_SPEND"} else 1
        found[name] = unit * (round(count / unit * high) - round(count / unit * low))
    return +found
