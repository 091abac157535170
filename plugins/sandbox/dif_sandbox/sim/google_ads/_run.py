"""The rows of a query: things that meet the conditions, what was measured of them, summed by what was selected."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.google_ads._catalog import FIELDS
from dif_sandbox.sim.google_ads._errors import QueryError
from dif_sandbox.sim.google_ads._figures import METRICS, days_of, measured, time_segments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dif_sandbox.sim.google_ads._builder import Entity
    from dif_sandbox.sim.google_ads._gaql import Condition, Query
    from dif_sandbox.sim.google_ads._world import Account

__all__ = ["rows"]

Row = dict[str, Any]

KEPT_MONTHS: Final = 37
KEPT_DAYS: Final = KEPT_MONTHS * 30
NUMBERS: Final = frozenset({"int64", "int32", "double"})
OPERATORS: Final[dict[str, Callable[[Any, list[Any]], bool]]] = {
    "=": lambda found, wanted: bool(found == wanted[0]),
    "!=": lambda found, wanted: bool(found != wanted[0]),
    "<": lambda found, wanted: bool(found < wanted[0]),
    "<=": lambda found, wanted: bool(found <= wanted[0]),
    ">": lambda found, wanted: bool(found > wanted[0]),
    ">=": lambda found, wanted: bool(found >= wanted[0]),
    "BETWEEN": lambda found, wanted: bool(wanted[0] <= found <= wanted[1]),
    "IN": lambda found, wanted: found in wanted,
    "LIKE": lambda found, wanted: bool(re.fullmatch(_pattern(wanted[0]), str(found), re.IGNORECASE)),
    "REGEXP_MATCH": lambda found, wanted: bool(re.fullmatch(str(wanted[0]), str(found))),
}


def rows(query: Query, account: Account) -> Iterable[Row]:
    """The rows of a query that was checked: field -> value, unset ones left out."""
    if query.resource == "click_view":
        found: Iterable[Row] = _clicked(query, account)
    else:
        found = _measured(query, account) if _is_measured(query) else _listed(query, account)
    for field, is_downwards in reversed(query.order):
        found = sorted(found, key=partial(_place, field), reverse=is_downwards)
    return list(found)[: query.limit] if query.limit else found


def _place(field: str, row: Row) -> tuple[bool, Any]:
    return row.get(field) is not None, row.get(field)


def _is_measured(query: Query) -> bool:
    fields = (*query.fields, *(condition.field for condition in query.conditions))
    return any(field.startswith(("metrics.", "segments.")) for field in fields)


def _listed(query: Query, account: Account) -> Iterator[Row]:
    for entity in account.entities(query.resource):
        if all(_meets(entity.fields.get(condition.field), condition) for condition in query.conditions):
            yield _shown(query, entity.fields)


def _clicked(query: Query, account: Account) -> Iterator[Row]:
    today = account.now.date()
    for day in _days(query, today):
        for click in account.clicks(day):
            if all(_meets(click.get(condition.field), condition, today) for condition in query.conditions):
                yield _shown(query, click)


def _measured(query: Query, account: Account) -> Iterator[Row]:
    now, market = account.now, account.customer.market
    on_things = [one for one in query.conditions if not one.field.startswith(("metrics.", "segments."))]
    on_segments = [one for one in query.conditions if one.field.startswith("segments.")]
    on_metrics = [one for one in query.conditions if one.field.startswith("metrics.")]
    asked = frozenset((*query.fields, *(one.field for one in on_segments)))
    segments = [field for field in query.fields if field.startswith("segments.")]
    metrics = [field for field in query.fields if field.startswith("metrics.")]
    days = [
        (day, time)
        for day in _days(query, now.date())
        if _all_meet(time := time_segments(day), on_segments, now.date())
    ]
    for things in _alike(query, account, on_things):
        sums: dict[tuple[Any, ...], Counter[str]] = {}
        for day, time in days:
            for thing in things:
                for marks, counts in measured(
                    account.figures, thing.cells, day, now, market.smallest_micros, asked=asked
                ):
                    cell = {**time, **marks}
                    if all(_meets(cell.get(one.field), one) for one in on_segments if one.field not in time):
                        key = tuple(cell.get(name) for name in segments)
                        sums.setdefault(key, Counter()).update(counts)
        if not segments and not sums:
            sums[()] = Counter()  # without segments a thing that did nothing has a row of zeros
        shown = _shown(query, things[0].fields)
        for key, counts in sums.items():
            row = shown | _actions(account, zip(segments, key, strict=True))
            row |= {name: value for name in metrics if (value := _metric(name, counts)) is not None}
            is_zero = segments and metrics and not any(row.get(name) for name in metrics)
            if not is_zero and all(_meets(_metric(one.field, counts), one) for one in on_metrics):
                yield row


def _alike(query: Query, account: Account, conditions: Sequence[Condition]) -> Iterator[list[Entity]]:
    """Things of which the query shows the same: views are summed over what is not selected."""
    shown = (f"{query.resource}.resource_name", *query.fields)
    alike: dict[str, list[Entity]] = {}
    for entity in account.entities(query.resource):
        if all(_meets(entity.fields.get(one.field), one) for one in conditions):
            alike.setdefault(repr([entity.fields.get(field) for field in shown]), []).append(entity)
    yield from alike.values()


def _shown(query: Query, fields: Any) -> Row:  # noqa: ANN401 - a mapping of anything
    """The selected fields that are set, and the names of the resources they are of, unless that is switched off."""
    wanted = dict.fromkeys(query.fields)
    if ("omit_unselected_resource_names", "true") not in query.parameters:
        owners = dict.fromkeys((query.resource, *(field.partition(".")[0] for field in query.fields)))
        wanted = dict.fromkeys(f"{owner}.resource_name" for owner in owners) | wanted
    return {field: value for field in wanted if (value := fields.get(field)) not in (None, [])}


def _metric(name: str, counts: Counter[str]) -> int | float | None:
    return METRICS[name](counts) if name in METRICS else None


def _actions(account: Account, segments: Iterable[tuple[str, Any]]) -> Row:
    """The segments of a row; a conversion action by its resource name."""
    found = {name: value for name, value in segments if value is not None}
    if action := found.get("segments.conversion_action"):
        found["segments.conversion_action"] = account.action_name(int(action) - 1)
    return found


def _days(query: Query, today: date) -> Iterator[date]:
    """The days that the conditions can leave, of those that Google keeps."""
    first, last = today - timedelta(days=KEPT_DAYS), today
    for condition in query.conditions:
        if condition.field != "segments.date":
            continue
        if condition.operator == "DURING":
            low, high = _during(condition.values[0], today)
        else:
            low, high = date.fromisoformat(condition.values[0]), date.fromisoformat(condition.values[-1])
        if condition.operator in {"=", ">", ">=", "BETWEEN", "DURING"}:
            first = max(first, low)
        if condition.operator in {"=", "<", "<=", "BETWEEN", "DURING"}:
            last = min(last, high)
    if query.resource == "click_view" and last < today - timedelta(days=90):
        raise QueryError("DATE_RANGE_TOO_WIDE", "click_view goes back 90 days.")
    return days_of(first, last)


def _all_meet(values: Row, conditions: Sequence[Condition], today: date) -> bool:
    return all(_meets(values[one.field], one, today) for one in conditions if one.field in values)


def _during(name: str, today: date) -> tuple[date, date]:
    """The days of a function such as LAST_7_DAYS, which ends yesterday."""
    name, day = name.upper(), timedelta(days=1)
    if name in {"TODAY", "YESTERDAY"}:
        found = today if name == "TODAY" else today - day
        return found, found
    if match := re.fullmatch(r"LAST_(7|14|30)_DAYS", name):
        return today - int(match[1]) * day, today - day
    month, monday = today.replace(day=1), today - today.weekday() * day
    sunday = today - (today.weekday() + 1) % 7 * day
    spans = {
        "THIS_MONTH": (month, today),
        "LAST_MONTH": ((month - day).replace(day=1), month - day),
        "THIS_WEEK_MON_TODAY": (monday, today),
        "THIS_WEEK_SUN_TODAY": (sunday, today),
        "LAST_WEEK_MON_SUN": (monday - 7 * day, monday - day),
        "LAST_WEEK_SUN_SAT": (sunday - 7 * day, sunday - day),
        "LAST_BUSINESS_WEEK": (monday - 7 * day, monday - 3 * day),
    }
    if name not in spans:
        raise QueryError("INVALID_VALUE_WITH_DURING_OPERATOR", f"'{name}' is no range of dates.")
    return spans[name]


def _meets(found: Any, condition: Condition, today: date | None = None) -> bool:  # noqa: ANN401 - any field's value
    operator, values = condition.operator, condition.values
    if operator in {"IS NULL", "IS NOT NULL"}:
        return (found is None) == (operator == "IS NULL")
    if operator == "DURING":
        first, last = _during(values[0], today or date.min)
        return first.isoformat() <= str(found) <= last.isoformat()
    if operator.startswith("CONTAINS"):
        held = [value in (found or ()) for value in values]
        return {"ANY": any(held), "ALL": all(held), "NONE": not any(held)}[operator.split()[1]]
    if found is None:
        return operator in {"!=", "NOT IN", "NOT LIKE", "NOT REGEXP_MATCH"}
    wanted = [_typed(value, condition.field) for value in values]
    is_not, name = operator.startswith("NOT "), operator.removeprefix("NOT ")
    return OPERATORS[name](found, wanted) != is_not


def _pattern(like: str) -> str:
    return re.escape(like).replace("%", ".*").replace("_", ".")


def _typed(text: str, field: str) -> Any:  # noqa: ANN401 - as the field is typed
    kind = FIELDS[field]
    if kind in NUMBERS:
        return float(text) if "." in text else int(text)
    return text.upper() == "TRUE" if kind == "boolean" else text
