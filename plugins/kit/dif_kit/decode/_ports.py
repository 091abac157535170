"""What stands between an answer's bytes and the records in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, runtime_checkable

from dif_kit.errors import ExtractionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Body", "Decoder", "Record", "TellingDecoder", "UndecodableError", "preamble_of"]

Record: TypeAlias = dict[str, Any]


class UndecodableError(ExtractionError):
    """The bytes are not what the provider documents: half a file, a page of HTML, another structure."""


class Body(Protocol):
    """The body of an answer, or a file inside it. It is parsed at most once, however many ask for it."""

    @property
    def content(self) -> bytes:
        """The bytes as they came, transfer encoding removed."""

    @property
    def is_large(self) -> bool:
        """True if it may not fit into memory: it is to be read from `open`, a piece at a time."""

    def open(self) -> BinaryIO:
        """The bytes from their beginning, for one reader; each call gives another."""

    def json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The bytes as JSON, fractions as Decimal; raises UndecodableError."""


class Decoder(Protocol):
    """A format of a provider: a small frozen object that a stream states as a fact."""

    @property
    def is_text(self) -> bool:
        """True if every value comes as text, to be read by the schema's types."""

    def check(self, body: Body) -> None:
        """Refuse a body that is not in this format by its beginning, before anything is taken from it.

        Raises:
            UndecodableError: a retry may bring a good one.
        """

    def records(self, body: Body) -> Iterator[Record]:
        """The records in the order of the body; raises UndecodableError."""


@runtime_checkable
class TellingDecoder(Protocol):
    """A format whose files say something about themselves before their records."""

    def preamble(self, body: Body) -> Mapping[str, str]:
        """What a file says, by name; raises UndecodableError."""


def preamble_of(decoder: Decoder, body: Body) -> Mapping[str, str]:
    """What a body says about itself before its records: nothing, in most formats.

    Raises:
        UndecodableError: it is not in this format.
    """
    return decoder.preamble(body) if isinstance(decoder, TellingDecoder) else {}
