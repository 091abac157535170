"""What a provider itself says that figures add up to."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SourceTotals"]


@dataclass(frozen=True, slots=True)
class SourceTotals:
    """That a sibling stream states, for each day, what rows of this one add up to.

    ``figures`` are columns that both have, under the same names, and that the provider adds up; ``by`` are columns of
    both that split a day, as the account. ``tolerance`` is the part of a total by which the provider's own rounding may
    move a sum: 0.001 is a thousandth.
    """

    stream: str
    figures: tuple[str, ...]
    by: tuple[str, ...] = ()
    tolerance: float = 0.0
