"""Secret values that do not show themselves, with whoever keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from typing_extensions import override

from dif_kit.errors import CredentialError

if TYPE_CHECKING:
    from dif_kit.credentials._tokens import TokenStore

__all__ = ["Credential", "CredentialKeeper"]


# Where a token comes from, and which account is asked: a key file holds them beside its secrets.
_PUBLIC: Final = frozenset({"auth_uri", "login_customer_id", "token_uri"})


class Credential(Mapping[str, str]):
    """An immutable mapping of names to secrets. Its text shows the names only; it cannot be pickled or copied.

    ``keeper`` is whoever takes back what the provider replaces; None where nobody does.
    """

    __slots__ = ("_values", "keeper")

    def __init__(self, values: Mapping[str, str], *, keeper: CredentialKeeper | None = None) -> None:
        self._values = dict(values)
        self.keeper = keeper

    @override
    def __getitem__(self, name: str) -> str:
        """The secret called ``name``.

        Raises:
            CredentialError: there is none of that name.
        """
        try:
            return self._values[name]
        except KeyError:
            raise CredentialError(
                f"the credential has no {name!r}, it holds {', '.join(sorted(self._values)) or 'nothing'}"
            ) from None

    def secrets(self) -> list[str]:
        """The values that nobody may read: all but those of names that every error should show."""
        return [value for name, value in self._values.items() if name not in _PUBLIC]

    # Mapping's own two wait for a KeyError.
    @override
    def get(self, name: str, default: Any = None) -> Any:
        """The secret called ``name``, or ``default``."""
        return self._values.get(name, default)

    @override
    def __contains__(self, name: object) -> bool:
        return name in self._values

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    @override
    def __len__(self) -> int:
        return len(self._values)

    @override
    def __repr__(self) -> str:
        return f"Credential({', '.join(sorted(self._values))})"

    @override
    def __reduce__(self) -> str:
        raise TypeError("a credential stays in the process that resolved it")


class CredentialKeeper(Protocol):
    """Gives a credential anew when it has changed, takes back what the provider replaced. Threads share it."""

    @property
    def tokens(self) -> TokenStore:
        """Where the processes that use the credential share its access tokens."""

    @property
    def remedy(self) -> str:
        """What a person does about a credential that its provider refuses, as an order."""

    def reread(self) -> Credential | None:
        """The credential if it has changed since it was given, else None; raises CredentialError."""

    def keep(self, changed: Mapping[str, str]) -> None:
        """Have these values replace the former ones, durably, before the return.

        Raises:
            CredentialError: they could not be written.
        """

    def refused(self, reason: str) -> None:
        """Hear that the provider accepts the credential no more; raises CredentialError."""
