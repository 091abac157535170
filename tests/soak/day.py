"""What a day of the week brought."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Day"]


@dataclass
class Day:
    """What a day brought."""

    number: int
    jobs: int = 0
    seconds: float = 0.0
    busy_seconds: float = 0.0
    rows: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    endings: Counter[int] = field(default_factory=Counter)
    expected: int = 0
    raised: int = 0
    violations: list[str] = field(default_factory=list)
    memory: dict[str, float] = field(default_factory=dict)
    peak_mebibytes: float = 0.0
