"""How entities change with time: which state one was in at a moment, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol

from dif_sandbox.sim.generator import last_change

if TYPE_CHECKING:
    from dif_sandbox.sim.generator import Draw

__all__ = ["Mortal", "Revision", "exists", "revision", "status"]

CHANGES_PER_DAY: Final = 0.06
EPOCH_ORDINAL: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
DAY: Final = 86_400


class Mortal(Protocol):
    """An entity with an id that came to be at a moment."""

    @property
    def id(self) -> str:
        """Its identifier."""

    @property
    def created(self) -> int:
        """Since when it exists, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of an entity: `number` names it, `since` is when it began."""

    number: int
    since: int


def exists(thing: Mortal, moment: int) -> bool:
    """Whether it was there at a moment."""
    return thing.created <= moment


def revision(draw: Draw, thing: Mortal, moment: int) -> Revision:
    """The state at a moment; what is archived changes no more."""
    archived: int | None = getattr(thing, "archived", None)
    if archived is not None and moment >= archived:
        return Revision(-1, archived)
    day = moment // DAY + EPOCH_ORDINAL
    changed = last_change(draw.seed, thing.id, day, CHANGES_PER_DAY)
    since = _second(draw, thing, changed)
    if since > moment:
        changed = last_change(draw.seed, thing.id, day - 1, CHANGES_PER_DAY)
        since = _second(draw, thing, changed)
    return Revision(changed, since) if since > thing.created else Revision(0, thing.created)


def status(draw: Draw, thing: Mortal, moment: int) -> str:
    """ACTIVE, PAUSED or ARCHIVED."""
    state = revision(draw, thing, moment)
    if state.number == -1:
        return "ARCHIVED"
    return "PAUSED" if draw.chance(0.2, "paused", thing.id, state.number) else "ACTIVE"


def _second(draw: Draw, thing: Mortal, day: int) -> int:
    return (day - EPOCH_ORDINAL) * DAY + draw.integer(0, DAY - 1, "second", thing.id, day)
