"""Whether a query may be asked: its fields exist, go together, and are restricted as Google demands."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.google_ads._catalog import CORE_DATES, FIELDS, RESOURCES
from dif_sandbox.sim.google_ads._errors import QueryError

if TYPE_CHECKING:
    from dif_sandbox.sim.google_ads._catalog import Resource
    from dif_sandbox.sim.google_ads._gaql import Condition, Query

__all__ = ["check"]

CORE: Final = frozenset(f"segments.{name}" for name in CORE_DATES)
STATUSES: Final = frozenset({"ENABLED", "PAUSED", "REMOVED", "CANCELED", "SUSPENDED", "CLOSED", "UNKNOWN"})
NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
PARAMETERS: Final = frozenset({"include_drafts", "omit_unselected_resource_names"})
NOT_BY_ACTION: Final = frozenset(
    f"metrics.{name}"
    for name in ("impressions", "clicks", "cost_micros", "interactions", "engagements", "ctr", "average_cpc")
)
"""What a click or a view is, whatever it led to later: no conversion action divides it."""


def check(query: Query, *, is_manager: bool) -> None:
    """See that a query is in order.

    Raises:
        QueryError: it is not.
    """
    resource = RESOURCES.get(query.resource)
    if resource is None:
        raise QueryError("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"'{query.resource}' is no resource.")
    conditions = [condition.field for condition in query.conditions]
    for clause, fields in (
        ("SELECT", query.fields),
        ("WHERE", conditions),
        ("ORDER_BY", [one for one, _ in query.order]),
    ):
        for field in fields:
            _check_field(field, query.resource, resource, clause)
    _check_together(query)
    if is_manager and any(field.startswith(("metrics.", "segments.")) for field in (*query.fields, *conditions)):
        raise QueryError(
            "REQUESTED_METRICS_FOR_MANAGER",
            "Metrics cannot be requested for a manager account. To retrieve metrics, issue separate requests against "
            "each client account under the manager account.",
        )
    for condition in query.conditions:
        _check_value(condition)
    _check_days(query)
    if wrong := [name for name, _ in query.parameters if name not in PARAMETERS]:
        raise QueryError("BAD_PARAMETER_NAME", f"there is no parameter '{wrong[0]}'.")


def _check_field(field: str, name: str, resource: Resource, clause: str) -> None:
    if field not in FIELDS:
        raise QueryError("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{field}'.")
    owner = field.partition(".")[0]
    where = "SELECT_CLAUSE" if clause == "SELECT" else "SELECT_OR_WHERE_CLAUSE"
    if owner == "metrics" and field not in resource.metrics:
        raise QueryError("PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE", f"'{field}' does not go with '{name}'.")
    if owner == "segments" and field not in resource.segments:
        raise QueryError("PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE", f"'{field}' does not go with '{name}'.")
    if owner not in {"metrics", "segments", name} and owner not in resource.joined:
        where = "IN_SELECT_CLAUSE" if clause == "SELECT" else "IN_WHERE_CLAUSE"
        raise QueryError(f"PROHIBITED_RESOURCE_TYPE_{where}", f"'{field}' does not go with '{name}'.")


def _check_together(query: Query) -> None:
    selected = set(query.fields)
    by_action = {field for field in selected if field.startswith("segments.conversion_action")}
    if by_action and (undivided := selected & NOT_BY_ACTION):
        message = f"{sorted(by_action)} cannot divide {sorted(undivided)}."
        raise QueryError("PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE", message)
    restricted = {condition.field for condition in query.conditions}
    for field in (*restricted, *(field for field, _ in query.order)):
        if field.startswith("segments.") and field not in CORE and field not in selected:
            raise QueryError("EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE", f"'{field}' must be in SELECT, too.")
    if selected & CORE and not restricted & CORE:
        raise QueryError(
            "EXPECTED_FILTERS_ON_DATE_RANGE", "A core date segment in SELECT takes a range of dates in WHERE."
        )


def _check_value(condition: Condition) -> None:
    kind = FIELDS[condition.field]
    if condition.operator == "DURING":
        if kind != "date":
            raise QueryError("OPERATOR_FIELD_MISMATCH", f"'{condition.field}' is no date.")
        return
    for value in condition.values:
        if kind == "date":
            _date(value)
        elif kind in {"int64", "int32", "double"} and not NUMBER.fullmatch(value):
            raise QueryError("BAD_NUMBER", f"'{value}' is no number.")
        elif kind == "boolean" and value.upper() not in {"TRUE", "FALSE"}:
            raise QueryError("BAD_VALUE", f"'{condition.field}' is TRUE or FALSE.")
        elif condition.field.endswith(".status") and value not in STATUSES:
            raise QueryError("BAD_ENUM_CONSTANT", f"'{value}' is no value of '{condition.field}'.")


def _check_days(query: Query) -> None:
    """Clicks are asked for a day at a time."""
    if query.resource != "click_view":
        return
    days = [condition for condition in query.conditions if condition.field == "segments.date"]
    if not days:
        raise QueryError("EXPECTED_FILTERS_ON_DATE_RANGE", "click_view takes a filter that leaves one day.")
    one_day = any(
        condition.operator == "="
        or (condition.operator == "BETWEEN" and condition.values[0] == condition.values[1])
        or (condition.operator == "DURING" and condition.values[0].upper() in {"TODAY", "YESTERDAY"})
        for condition in days
    )
    if not one_day:
        raise QueryError("DATE_RANGE_TOO_WIDE", "click_view takes a filter that leaves one day.")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise QueryError("INVALID_DATE_FORMAT", f"'{text}' is no date of the form YYYY-MM-DD.") from None
