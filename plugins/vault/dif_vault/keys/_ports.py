"""What a provider of keys does for the vault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KeyProvider", "WrappedKey"]


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that only its provider opens, and the key that it is wrapped by."""

    key_id: str
    blob: bytes = field(repr=False)


class KeyProvider(Protocol):
    """Wraps and unwraps data keys, each bound to its context. All methods raise KeyRefusedError, or Deferred."""

    @property
    def kind(self) -> str:
        """Providers of one kind can rewrap each other's data keys."""

    @property
    def label(self) -> str:
        """The provider's key as the settings name it."""

    def wraps(self, key_id: str) -> bool:
        """Whether data keys wrapped by ``key_id`` may be its own."""

    def trusted(self, key_id: str) -> str:
        """How the provider's settings call a key that a row names: the row's own word must not be taken."""

    def is_current(self, key_id: str) -> bool:
        """Whether it would wrap a new data key by ``key_id``."""

    def generate(self, context: Mapping[str, str]) -> tuple[bytes, WrappedKey]:
        """A new data key of 32 bytes, in the clear and wrapped."""

    def unwrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> bytes:
        """The data key; raises TamperedError if it was not wrapped for this context."""

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """A data key of another provider, wrapped by the current key."""

    def rewrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> WrappedKey:
        """A data key of the same kind of provider, wrapped by the current key."""
