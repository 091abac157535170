"""What comes back from a provider."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from dif_kit.decode import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Answer"]


@dataclass(slots=True)
class Answer:
    """An answer, wholly read. Header names compare in any case."""

    url: str
    status: int
    headers: Mapping[str, str]
    content: bytes
    parse: Callable[[bytes], Any] = field(default=parse_json, repr=False)
    _json: Any = field(default=None, repr=False)
    _is_parsed: bool = field(default=False, repr=False)

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.content)

    @property
    def is_large(self) -> bool:
        """Never: it is in memory."""
        return False

    def open(self) -> BinaryIO:
        """The bytes from their beginning."""
        return io.BytesIO(self.content)

    def head(self, size: int = 6000) -> bytes:
        """The first bytes."""
        return self.content[:size]

    def json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The body as JSON, parsed once; fractions are Decimal.

        Raises:
            UndecodableError: it is not whole JSON.
        """
        if not self._is_parsed:
            self._json = self.parse(self.content)
            self._is_parsed = True
        return self._json
