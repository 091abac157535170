"""Secret values that do not show themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from typing_extensions import override

from dif_kit.errors import CredentialError

if TYPE_CHECKING:
    from dif_kit.credentials._keeper import CredentialKeeper

__all__ = ["Credential"]


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
