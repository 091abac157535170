"""The keys that the settings name: the first wraps, all of them unwrap, no other is trusted."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from dif_vault.errors import KeyRefusedError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dif_vault.keys._ports import KeyProvider, WrappedKey

__all__ = ["KeyRing"]

Answer = TypeVar("Answer")


class KeyRing:
    """A row that names another key is refused: whoever writes to the database could bring a key of his own."""

    def __init__(self, providers: Sequence[KeyProvider]) -> None:
        self._providers = tuple(providers)

    @property
    def labels(self) -> tuple[str, ...]:
        """The keys as the settings name them."""
        return tuple(provider.label for provider in self._providers)

    def is_current(self, key_id: str) -> bool:
        """Whether new data keys are wrapped by this key."""
        return self._providers[0].is_current(key_id)

    def generate(self, context: Mapping[str, str]) -> tuple[bytes, WrappedKey]:
        """A new data key from the first provider."""
        return self._providers[0].generate(context)

    def unwrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> bytes:
        """The data key, from the provider that wrapped it."""
        return self._ask(key_id, lambda provider: provider.unwrap(key_id, blob, context))

    def rewrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> WrappedKey:
        """The data key under the first provider's key; it is seen here only if it moves to another kind of provider."""
        first = self._providers[0]

        def move(source: KeyProvider) -> WrappedKey:
            if source.kind == first.kind:
                return first.rewrap(source.trusted(key_id), blob, context)
            return first.wrap(source.unwrap(key_id, blob, context), context)

        return self._ask(key_id, move)

    def _ask(self, key_id: str, what: Callable[[KeyProvider], Answer]) -> Answer:
        """The answer of the provider whose key it is; several aliases are tried in turn, for only KMS knows them."""
        candidates = [provider for provider in self._providers if provider.wraps(key_id)]
        if not candidates:
            message = f"it is closed by the key {key_id}, which DIF_VAULT_KEY does not name ({', '.join(self.labels)})"
            raise KeyRefusedError(message)
        candidates.sort(key=lambda provider: provider.trusted(key_id) != key_id)
        for provider in candidates[:-1]:
            with suppress(TamperedError):
                return what(provider)
        return what(candidates[-1])
