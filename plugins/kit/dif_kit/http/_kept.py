"""Proof of a credential that somebody keeps: read again once when the provider refuses it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dif_kit.credentials import register_secrets
from dif_kit.errors import RefusedCredentialError

if TYPE_CHECKING:
    from dif_kit.credentials import Credential, CredentialKeeper
    from dif_kit.http._auth import Authenticator, AuthKind, Sender
    from dif_kit.http._request import Request

__all__ = ["bind_credential"]


def bind_credential(kind: AuthKind, credential: Credential, *, api_url: str) -> Authenticator:
    """The authenticator of a credential, which follows its keeper if it has one.

    Raises:
        CredentialError: a value is missing.
    """
    register_secrets(credential.secrets())
    if credential.keeper is None:
        return kind.bind(credential, api_url=api_url)
    return _KeptProof(kind, credential, credential.keeper, api_url=api_url)


class _KeptProof:
    """A person may replace a credential while a run uses it: a refusal counts only if the keeper has no newer one."""

    def __init__(self, kind: AuthKind, credential: Credential, keeper: CredentialKeeper, *, api_url: str) -> None:
        self._kind, self._keeper, self._api_url = kind, keeper, api_url
        self._proof = kind.bind(credential, api_url=api_url)
        self._lock = threading.Lock()
        #: Stays what it was: the budgets of a run are those of whoever began it.
        self.identity = self._proof.identity

    def sign(self, request: Request, sender: Sender) -> Request:
        proof = self._proof
        try:
            return proof.sign(request, sender)
        except RefusedCredentialError as error:
            if not self._is_replaced(proof):
                self._keeper.refused(str(error))
                raise
            return self._proof.sign(request, sender)

    def renew(self, refused: Request, sender: Sender) -> bool:
        proof = self._proof
        try:
            if proof.renew(refused, sender):
                return True
        except RefusedCredentialError as error:
            if self._is_replaced(proof):
                return True
            self._keeper.refused(str(error))
            raise
        if self._is_replaced(proof) or proof.sign(refused, sender) != refused:
            return True  # replaced now, or by another thread while this request was on its way
        self._keeper.refused("the provider refused a request")
        return False

    def _is_replaced(self, proof: Authenticator) -> bool:
        """Whether there is a newer proof than this one."""
        with self._lock:
            if self._proof is not proof:
                return True
            credential = self._keeper.reread()
            if credential is None:
                return False
            register_secrets(credential.secrets())
            self._proof = self._kind.bind(credential, api_url=self._api_url)
            return True
