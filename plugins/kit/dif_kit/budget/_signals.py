"""Where a provider's answers tell of a budget, besides the three classic headers."""

from __future__ import annotations

from typing import Protocol


class Source(Protocol): ...
