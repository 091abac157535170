"""Queries of GraphQL as far as Shopify's clients need them: fields, arguments, variables, inline fragments.

https://spec.graphql.org/October2021/ (read 2026-11)
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Field", "Operation", "parse"]

_TOKEN: Final = re.compile(
    r'[\s,]*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>\$?[A-Za-z_]\w*|-?\d+)|(?P<mark>\.\.\.|[{}()\[\]:!=]))'
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its arguments and what is selected below; `on` is the type it is asked of, in a fragment."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    below: tuple[Field, ...] = ()
    on: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or a mutation."""

    kind: str
    fields: tuple[Field, ...]


def parse(text: str, variables: Mapping[str, Any] | None = None) -> Operation:
    """The operation in a text, its variables filled in.

    Raises:
        ValueError: it is no query, or a variable has no value.
    """
    return _Parser(text, variables or {}).operation()


class _Parser:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = list(_tokens(text))
        self._variables = variables
        self._at = 0

    def operation(self) -> Operation:
        kind = "query"
        if self._tokens[:1] != ["{"]:
            kind = self._next()
            while self._peek() != "{":
                self._next()  # its name and the types of its variables, which the values must have anyway
        found = self._fields("")
        if self._at != len(self._tokens) or kind not in {"query", "mutation"}:
            message = f"Parse error on {kind!r}"
            raise ValueError(message)
        return Operation(kind, found)

    def _fields(self, on: str) -> tuple[Field, ...]:
        found: list[Field] = []
        self._take("{")
        while self._peek() != "}":
            name = self._next()
            if name == "...":
                self._take("on")
                found += self._fields(self._next())
                continue
            arguments = self._arguments() if self._peek() == "(" else {}
            below = self._fields("") if self._peek() == "{" else ()
            found.append(Field(name, arguments, below, on))
        self._take("}")
        return tuple(found)

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._take("(")
        while self._peek() != ")":
            name = self._next()
            self._take(":")
            found[name] = self._value(self._next())
        self._take(")")
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, token: str) -> Any:  # noqa: ANN401 - a value of JSON
        if token.startswith("$"):
            return self._variables.get(token[1:])
        return json.loads(token) if token[0] == '"' or token.lstrip("-").isdigit() else token

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            message = "Parse error: unexpected end of the document"
            raise ValueError(message)
        return self._tokens[self._at]

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, wanted: str) -> None:
        if (found := self._next()) != wanted:
            message = f"Parse error on {found!r}, expected {wanted!r}"
            raise ValueError(message)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            message = f"Parse error on {text[at : at + 20]!r}"
            raise ValueError(message)
        found.append(token[0].lstrip(" \t\r\n,"))
        at = token.end()
    return found
