"""What every file format gives the loader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_sandbox.redshift.load._errors import LoadError

__all__ = ["Format", "Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows for PostgreSQL, and the errors found beside them."""

    data: bytes
    loaded: int
    errors: Sequence[LoadError]


class Format(Protocol):
    """A file format."""

    def read(self, stream: IO[bytes], url: str) -> Iterator[Piece]:
        """The rows of one file."""
