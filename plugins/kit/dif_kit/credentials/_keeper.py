"""What a keeper of credentials does beyond giving them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.credentials._credential import Credential
    from dif_kit.credentials._tokens import TokenStore

__all__ = ["CredentialKeeper"]


class CredentialKeeper(Protocol):
    """Gives a credential anew when it has changed, takes back what the provider replaced. Threads share it."""

    @property
    def tokens(self) -> TokenStore:
        """Where the processes that use the credential share its access tokens."""

    def reread(self) -> Credential | None:
        """The credential if it has changed since it was given, else None; raises CredentialError."""

    def keep(self, changed: Mapping[str, str]) -> None:
        """Have these values replace the former ones, durably, before the return.

        Raises:
            CredentialError: they could not be written.
        """

    def refused(self, reason: str) -> None:
        """Hear that the provider accepts the credential no more; raises CredentialError."""
