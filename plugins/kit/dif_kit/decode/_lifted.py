"""Records whose columns stand in objects inside them, made flat."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode._around import Around
from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from dif_kit.decode._ports import Body, Record

__all__ = ["Lifted"]

_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class Lifted(Around):
    """The records of ``inner`` with the members of the objects in ``groups`` in place of these.

    ``{"dimensions": {"day": "2026-11-01 00:00:00"}, "metrics": {"spend": "1.50", "result": "-"}}`` becomes ``{"day":
    …, "spend": …, "result": …}``. Values are texts, read by the types of the schema. ``blank`` is what the provider
    writes where a figure is not to be had: null in the columns ``figures``; elsewhere it is a text like others.
    ``days`` are columns, each with the column of the local moment whose day it takes.

    A record without one of the groups, a moment that does not begin with a day, or a name with two values is an error.
    """

    groups: tuple[str, ...]
    blank: str | None = None
    figures: AbstractSet[str] = frozenset()
    days: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_text: bool = field(default=True, init=False)

    def records(self, body: Body) -> Iterator[Record]:
        """The flat records."""
        for nested in self.inner.records(body):
            flat = {name: value for name, value in nested.items() if name not in self.groups}
            for group in self.groups:
                _join(flat, nested.get(group), group)
            if self.blank is not None:
                for name in self.figures:
                    if flat.get(name) == self.blank:
                        flat[name] = None
            yield flat | {day: _day_of(flat.get(moment), moment) for day, moment in self.days.items()}


def _join(flat: Record, members: Any, group: str) -> None:  # noqa: ANN401 - JSON holds anything
    if not isinstance(members, dict):
        raise UndecodableError(f"expected an object at {group!r}, found {type(members).__name__}")
    for name in flat.keys() & members.keys():
        if flat[name] != members[name]:
            raise UndecodableError(f"{name!r} is {flat[name]!r} and, in {group!r}, {members[name]!r}")
    flat.update(members)


def _day_of(moment: object, column: str) -> str:
    found = _DAY.fullmatch(moment) if isinstance(moment, str) else None
    if found is None:
        raise UndecodableError(f"{column!r} is {moment!r}, which does not begin with a day")
    return found[1]
