"""Whose credential for what: ``vault://client/connector``, or ``vault://client/connector/name``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dif_kit.errors import CredentialError
from typing_extensions import override

__all__ = ["SecretName"]

_SCHEME: Final = "vault://"
_DEFAULT: Final = "default"
_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True, order=True)
class SecretName:
    """The place of one credential."""

    client: str
    connector: str
    name: str = _DEFAULT

    @classmethod
    def parse(cls, text: str) -> SecretName:
        """The place that a reference names, with or without its scheme.

        Raises:
            CredentialError: it is not a reference to the vault.
        """
        parts = text.removeprefix(_SCHEME).split("/")
        if len(parts) not in {2, 3} or not all(_PART.fullmatch(part) for part in parts):
            message = (
                f"{text!r} is no place in the vault: write vault://<client>/<connector>, as vault://acme/pinterest"
            )
            raise CredentialError(message)
        return cls(*parts)

    @override
    def __str__(self) -> str:
        return f"{_SCHEME}{self.client}/{self.connector}" + ("" if self.name == _DEFAULT else f"/{self.name}")
