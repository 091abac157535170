"""Identifiers: folded to lower case even in quotes, 127 bytes, reserved words.

Source: developer guide, r_names (lengths, folding, enable_case_sensitive_identifier), r_pg_keywords (reserved words).
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import NAME_TOO_LONG, RedshiftError, syntax_error
from dif_sandbox.redshift.sql._tokens import Kind, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BACKEND_NAME_BYTES", "Names", "literal", "quote"]

MAX_NAME_BYTES = 127  # r_names
BACKEND_NAME_BYTES = 63  # PostgreSQL's NAMEDATALEN - 1


class Names:
    """The identifiers of one session.

    PostgreSQL cuts names at 63 bytes where Redshift allows 127: a longer one is stored under a short name made of
    its start and its hash. `long_names`, shared by all sessions, leads back; `learned` holds the pairs not yet stored.
    """

    def __init__(self, long_names: dict[str, str]) -> None:
        self.case_sensitive = False
        self.long_names = long_names
        self.learned: list[tuple[str, str]] = []

    def bare(self, token: Token) -> str:
        """The name as PostgreSQL stores it, without quotes."""
        keeps_case = token.kind is Kind.QUOTED and self.case_sensitive
        return self._stored(token.text if keeps_case else token.text.lower())

    def quoted(self, token: Token) -> str:
        """The name in quotes."""
        return quote(self.bare(token))

    def qualified(self, parts: Sequence[Token]) -> str:
        """A dotted name in quotes."""
        return ".".join(self.quoted(part) for part in parts)

    def column(self, token: Token) -> str:
        """The bare name of a column to be made.

        Raises:
            RedshiftError: It is a reserved word without quotes.
        """
        if token.kind is Kind.WORD and token.text.lower() in reserved_words():
            raise syntax_error(token.text, f'"{token.text}" is a reserved word in Redshift')
        return self.bare(token)

    def _stored(self, name: str) -> str:
        encoded = name.encode()
        if len(encoded) <= BACKEND_NAME_BYTES:
            return name
        if len(encoded) > MAX_NAME_BYTES:
            reason = f"is {len(encoded)} bytes long: Redshift identifiers are limited to {MAX_NAME_BYTES} bytes"
            raise RedshiftError(f'identifier "{name}" {reason}', NAME_TOO_LONG)
        short = encoded[:44].decode("utf8", "ignore") + "~" + hashlib.sha256(encoded).hexdigest()[:16]
        if short not in self.long_names:
            self.long_names[short] = name
            self.learned.append((short, name))
        return short


def quote(name: str) -> str:
    """A bare name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string literal that reads the same whatever standard_conforming_strings says."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


@cache
def reserved_words() -> frozenset[str]:
    """The words of r_pg_keywords."""
    return frozenset(resources.files("dif_sandbox.redshift.sql").joinpath("reserved_words.txt").read_text().split())
