"""What is in a client's accounts: lists that are made as they are read, and daily figures that change until final."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dif_sandbox.sim.accounts import Market
    from dif_sandbox.sim.generator import Draw

__all__ = ["Account", "Figures", "Things", "accounts"]

T = TypeVar("T")

KNOWN_LATER = 3
"""From this age on, in days, a row has lost the clicks that turned out to be invalid."""


@dataclass(frozen=True, slots=True)
class Account:
    """An ad account of a client."""

    id: str
    client: str
    market: Market
    number: int


def accounts(draw: Draw, client: str, markets: Sequence[Market], *, least: int = 1, most: int = 3) -> list[Account]:
    """`least` to `most` accounts of a client, in markets of different currencies and zones."""
    first = draw.integer(0, len(markets) - 1, "market", client)
    return [
        Account(
            draw.digits("7", 10, "account", client, number), client, markets[(first + number) % len(markets)], number
        )
        for number in range(draw.integer(least, most, "accounts", client))
    ]


class Things(Sequence[T], Generic[T]):
    """A list of which each item is made when it is looked at: millions of them take no memory."""

    def __init__(self, number: int, make: Callable[[int], T]) -> None:
        self._number, self._make = number, make

    def __len__(self) -> int:
        return self._number

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> list[T]: ...

    def __getitem__(self, place: int | slice) -> T | list[T]:
        places = range(self._number)[place]
        return self._make(places) if isinstance(places, int) else [self._make(number) for number in places]

    def __iter__(self) -> Iterator[T]:
        return map(self._make, range(self._number))


@dataclass(frozen=True, slots=True)
class Figures:
    """Daily figures of things, as they are known at a moment.

    `metrics` names the figures with the most that a day can have. While a day lasts, its figures grow by the hour. They
    are corrected downwards on the third day and grow again until `settle_days`: then they are final. A share of
    `withdrawn` of all rows disappears before that, and stays away.
    """

    draw: Draw
    metrics: Mapping[str, int]
    settle_days: int = 28
    withdrawn: float = 0.02
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.metrics))

    def row(self, thing: str, day: date, now: datetime) -> dict[str, int] | None:
        """The figures of one thing on one day; None if there are none (any more). `now` is in the account's zone."""
        age = (now.date() - day).days
        if age < 0:
            return None
        *drawn, lot, when = self.draw.fractions(len(self.names) + 2, thing, day.toordinal())
        if age > 0 and lot < self.withdrawn and age >= 1 + int(when * (self.settle_days - 1)):
            return None
        known = self._known(age, now)
        return {name: int(self.metrics[name] * part * known) for name, part in zip(self.names, drawn, strict=True)}

    def rows(
        self, things: Iterable[str], first: date, last: date, now: datetime
    ) -> Iterator[tuple[str, date, dict[str, int]]]:
        """What there is of things from `first` to `last`, both included: thing by thing, its days in order."""
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        for thing in things:
            for day in days:
                if (found := self.row(thing, day, now)) is not None:
                    yield thing, day, found

    def final_day(self, now: datetime) -> date:
        """The last day whose figures change no more: the provider's mark of completeness."""
        return now.date() - timedelta(days=self.settle_days)

    def _known(self, age: int, now: datetime) -> float:
        if age == 0:
            return 0.9 * now.hour / 24
        if age < KNOWN_LATER:
            return 0.95
        return 0.9 + 0.1 * min(age, self.settle_days) / self.settle_days
