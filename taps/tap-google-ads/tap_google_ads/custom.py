"""Queries that a client defines: a resource, fields, conditions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta

from tap_google_ads._facts import column_of, select
from tap_google_ads._stream import batches, schema
from tap_google_ads.lists import Entity
from tap_google_ads.reports import DAYS, ClickView, Performance

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomQuery"]

_TEXT: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
# What would end the conditions: rows that a limit cuts off are lost without a word.
_CLAUSE: Final = re.compile(r"\b(LIMIT|ORDER|PARAMETERS)\b", re.IGNORECASE)


class CustomQuery(CustomStream, frozen=True):
    """Queries of the client's own: each a name, a resource, its key, fields, conditions."""

    resource: Annotated[str, Meta(pattern="^[a-z][a-z_]*$", description="What follows FROM, such as campaign")]
    keys: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Fields that tell rows apart; every segment besides is added to them"),
    ]
    fields: Annotated[tuple[str, ...], Meta(description="Further fields; with segments.date the query is read by days")]
    conditions: Annotated[
        tuple[str, ...], Meta(description="What rows must be, such as campaign.status = 'ENABLED'; without dates")
    ] = ()

    def define(self) -> type[Stream]:
        """The query's stream; raises ConfigError for a field that is not known, or a condition on the date."""
        asked = dict.fromkeys((*self.keys, *self.fields))
        segments = tuple(field for field in asked if field.startswith("segments.") and field not in self.keys)
        keys = (*self.keys, *segments)
        fields = tuple(dict.fromkeys((*keys, "customer.id", *self.fields)))
        for condition in self.conditions:
            if "segments.date" in condition or "{" in condition or "}" in condition:
                raise ConfigError(f"condition {condition!r}: days follow from start_date, end_date and the look-back")
            if clause := _CLAUSE.search(_TEXT.sub("", condition)):
                raise ConfigError(f"condition {condition!r}: {clause[0]} is no condition")
        is_daily = "segments.date" in asked
        base = ClickView if self.resource == "click_view" else Performance
        return self.made_of(
            base if is_daily else Entity,
            schema=schema(fields, keys),
            primary_keys=tuple(map(column_of, keys)),
            records=batches(fields, keys),
            body=select(fields, self.resource, *((DAYS,) if is_daily else ()), *self.conditions),
        )
