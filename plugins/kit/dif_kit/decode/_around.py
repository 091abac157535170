"""What a decoder that changes the records of another one leaves as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_kit.decode._ports import preamble_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.decode._ports import Body, Decoder

__all__ = ["Around"]


@dataclass(frozen=True, slots=True)
class Around:
    """A decoder around ``inner``, of the same body; it says itself what becomes of the records."""

    inner: Decoder

    @property
    def is_text(self) -> bool:
        """As in ``inner``."""
        return self.inner.is_text

    def check(self, body: Body) -> None:
        """Refuse what ``inner`` refuses."""
        self.inner.check(body)

    def preamble(self, body: Body) -> Mapping[str, str]:
        """What ``inner`` says."""
        return preamble_of(self.inner, body)
