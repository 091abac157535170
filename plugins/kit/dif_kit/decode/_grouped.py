"""Figures in groups, as one value each or as series, into records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode._json import at_path
from dif_kit.decode._ports import Body, Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Grouped"]

_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class Grouped:
    """A record for each group of figures: ``{"groups": [{"by": {"id": "1"}, "figures": {"opens": 7}}]}``.

    ``groups`` is the dotted path of the array of groups. A group says what it is about in ``by``: an object, or a list
    of the values of ``names``. Of series, ``moments`` is the dotted path of the array of their local moments: the
    ``figures`` are then lists, and there is a record for each day, which the column ``day`` takes. A list of another
    length than the moments is an error: no figure is put to another day.
    """

    groups: str
    by: str
    figures: str
    names: tuple[str, ...] = ()
    moments: str | None = None
    day: str = "date"
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body without groups, or without moments where there should be some."""
        self._days(body.json())
        _array(body.json(), self.groups)

    def records(self, body: Body) -> Iterator[Record]:
        """The records: group by group, day by day."""
        document = body.json()
        days = self._days(document)
        for group in _array(document, self.groups):
            about, figures = self._about(group), _object(group, self.figures)
            if days is None:
                yield {**about, **figures}
                continue
            for name, values in figures.items():
                if not isinstance(values, list) or len(values) != len(days):
                    raise UndecodableError(f"{name!r} is no list of {len(days)} values, one for each moment")
            for number, day in enumerate(days):
                yield {**about, self.day: day, **{name: values[number] for name, values in figures.items()}}

    def _days(self, document: Any) -> list[str] | None:  # noqa: ANN401 - JSON holds anything
        if self.moments is None:
            return None
        days = [_day_of(moment) for moment in _array(document, self.moments)]
        if len(set(days)) != len(days):
            raise UndecodableError(f"two moments at {self.moments!r} are of one day")
        return days

    def _about(self, group: Any) -> Record:  # noqa: ANN401 - as above
        if not self.names:
            found = group.get(self.by) if isinstance(group, dict) else None
            return {} if isinstance(found, list) and not found else dict(_object(group, self.by))
        values = group.get(self.by) if isinstance(group, dict) else None
        if not isinstance(values, list) or len(values) != len(self.names):
            raise UndecodableError(f"expected {len(self.names)} values at {self.by!r}, found {values!r}"[:200])
        return dict(zip(self.names, values, strict=True))


def _array(document: Any, path: str) -> list[Any]:  # noqa: ANN401 - as above
    found = at_path(document, path)
    if not isinstance(found, list):
        raise UndecodableError(f"expected an array at {path!r}, found {type(found).__name__}")
    return found


def _object(group: Any, name: str) -> Record:  # noqa: ANN401 - as above
    found = group.get(name) if isinstance(group, dict) else None
    if not isinstance(found, dict):
        raise UndecodableError(f"expected an object at {name!r}, found {type(found).__name__}")
    return found


def _day_of(moment: object) -> str:
    found = _DAY.fullmatch(moment) if isinstance(moment, str) else None
    if found is None:
        raise UndecodableError(f"{moment!r} does not begin with a day")
    return found[1]
