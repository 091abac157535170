"""Data made up from keys alone: the same key gives the same value in any process, in any order."""

from __future__ import annotations

import hashlib
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Draw", "last_change"]

T = TypeVar("T")

LONGEST_QUIET_DAYS = 30


class Draw:
    """Values that depend on the seed and the key only, never on what was drawn before."""

    def __init__(self, *seed: object) -> None:
        self.seed = "\x1f".join(map(str, seed))

    def bits(self, *key: object) -> int:
        """64 bits for a key."""
        text = "\x1f".join((self.seed, *map(str, key)))
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def fraction(self, *key: object) -> float:
        """A number from 0 to below 1."""
        return (self.bits(*key) >> 11) / (1 << 53)

    def fractions(self, number: int, *key: object) -> list[float]:
        """Many numbers from 0 to below 1 for one key, in steps of 1/65536: much cheaper than one by one."""
        text = "\x1f".join((self.seed, *map(str, key)))
        drawn = hashlib.shake_256(text.encode()).digest(2 * number)
        return [value / 65_536 for value in struct.unpack(f">{number}H", drawn)]

    def integer(self, low: int, high: int, *key: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.bits(*key) % (high - low + 1)

    def chance(self, probability: float, *key: object) -> bool:
        """True for that share of all keys."""
        return self.fraction(*key) < probability

    def choice(self, options: Sequence[T], *key: object) -> T:
        """One of the options."""
        return options[self.bits(*key) % len(options)]

    def digits(self, prefix: str, length: int, *key: object) -> str:
        """An identifier of `length` digits that begins with `prefix`."""
        free = length - len(prefix)
        return prefix + str(self.bits(*key) % 10**free).zfill(free)

    def token(self, *key: object, length: int = 40) -> str:
        """An opaque text of letters and digits, of at most 64 characters."""
        text = "\x1f".join((self.seed, *map(str, key)))
        return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()[:length]


@lru_cache(maxsize=1 << 16)
def last_change(seed: str, entity: str, day: int, per_day: float) -> int:
    """The last day (proleptic ordinal) up to `day` on which an entity changed.

    Every day it changes with the probability `per_day`, and at least once in 30 days.
    """
    draw = Draw(seed, entity, "change")
    forced = day % LONGEST_QUIET_DAYS == draw.bits("phase") % LONGEST_QUIET_DAYS
    if forced or draw.chance(per_day, day):
        return day
    return last_change(seed, entity, day - 1, per_day)
