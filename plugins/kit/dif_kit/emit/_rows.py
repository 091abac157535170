"""Rows of a type made for one stream: its columns are attributes, a missing one is not written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from dif_kit._plain_names import is_plain
from dif_kit.decode import NumberForms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dif_kit.decode import Record

__all__ = ["Layout", "Row", "Rows"]

# Besides these a column may hold anything; a narrow type saves looking at each value for the form of its number.
_TEXT: Final = str | None | UnsetType
_INTEGER: Final = int | None | UnsetType


class Row(msgspec.Struct):
    """What the types of all streams share. Attributes are called c0, c1, ..., so that no column's name can clash."""

    __attributes__: ClassVar[dict[str, str]] = {}

    def get(self, column: str) -> Any:  # noqa: ANN401 - JSON holds anything
        """The value of a column, None if the row has not got it: what a dictionary would say."""
        attribute = self.__attributes__.get(column)
        value = UNSET if attribute is None else getattr(self, attribute)
        return None if value is UNSET else value


class Rows(list[Row]):
    """The rows of one page, all of the type of ``layout``."""

    __slots__ = ("layout",)

    def __init__(self, rows: Iterable[Row], layout: Layout) -> None:
        super().__init__(rows)
        self.layout = layout

    def parts(self, first: int, others: int) -> Iterator[Rows]:
        """The rows in their order: ``first`` of them, then ``others`` at a time."""
        if len(self) <= first:
            yield self
            return
        yield Rows(self[:first], self.layout)
        for start in range(first, len(self), others):
            yield Rows(self[start : start + others], self.layout)

    def complete(self, values: Mapping[str, Any]) -> None:
        """Set columns in the rows that have not got them, null counting as a value."""
        for column, value in values.items():
            attribute = self.layout.attributes[column]
            for row in self:
                if getattr(row, attribute) is UNSET:
                    setattr(row, attribute, value)

    def drop(self, columns: Iterable[str]) -> None:
        """Take columns out of all rows."""
        for column in columns:
            attribute = self.layout.attributes[column]
            for row in self:
                setattr(row, attribute, UNSET)

    def holds(self, column: str) -> bool:
        """Whether any of the rows has the column."""
        attribute = self.layout.attributes[column]
        return any(getattr(row, attribute) is not UNSET for row in self)

    def values(self, column: str) -> Iterator[Any]:
        """The column's values in the rows that have it."""
        attribute = self.layout.attributes[column]
        return (value for row in self if (value := getattr(row, attribute)) is not UNSET)


@dataclass(frozen=True)
class Layout:
    """The columns of a stream's rows in the order in which they are written, with their types.

    ``known`` are the columns of the schema. ``extra`` are those that came unannounced, and ``loose`` those that do not
    keep to their type: both are learned from pages that did not fit, so that the next such page does.
    """

    known: tuple[str, ...]
    forms: NumberForms
    extra: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(init=False, repr=False)
    row: type[Row] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        attributes = {column: f"c{number}" for number, column in enumerate((*self.known, *sorted(self.extra)))}
        columns = {attribute: column for column, attribute in attributes.items()}
        row = msgspec.defstruct(
            "Row",
            [(attribute, self._type(column), UNSET) for column, attribute in attributes.items()],
            bases=(Row,),
            namespace={"__attributes__": attributes},
            rename=columns.get,
            forbid_unknown_fields=True,
            gc=False,  # rows hold trees of plain JSON, never a cycle
        )
        object.__setattr__(self, "attributes", attributes)
        object.__setattr__(self, "row", row)

    def widened(self, rows: Iterable[Record]) -> Layout:
        """A layout that these rows fit as well; this one if they do."""
        extra, loose = set(self.extra), set(self.loose)
        for row in rows:
            extra.update(name for name in row.keys() - self.attributes.keys() if is_plain(name))
            loose.update(column for column in self.forms.texts if not isinstance(row.get(column), str | None))
            loose.update(column for column in self.forms.integers if not _is_integer(row.get(column)))
        if extra == self.extra and loose == self.loose:
            return self
        return replace(self, extra=frozenset(extra), loose=frozenset(loose))

    def settle(self, rows: Rows) -> None:
        """Bring the numbers of the loose columns to the schema's form, as `NumberForms` has it."""
        for column in self.loose:
            attribute = self.attributes[column]
            forms = NumberForms(texts=self.forms.texts & {column}, integers=self.forms.integers & {column})
            for row in rows:
                value = getattr(row, attribute)
                if value.__class__ is int or value.__class__ is Decimal:
                    setattr(row, attribute, forms.settle({column: value})[column])

    def _type(self, column: str) -> Any:  # noqa: ANN401 - typing has no name for the type of types
        if column in self.loose:
            return Any
        if column in self.forms.texts:
            return _TEXT
        return _INTEGER if column in self.forms.integers else Any


def _is_integer(value: object) -> bool:
    return value is None or value.__class__ is int
