"""The error a client of Redshift sees."""

from __future__ import annotations

__all__ = [
    "ACTIVE_TRANSACTION",
    "FEATURE_NOT_SUPPORTED",
    "INTERNAL",
    "INVALID_DEFINITION",
    "INVALID_PARAMETER",
    "NAME_TOO_LONG",
    "SYNTAX",
    "TOO_MANY_COLUMNS",
    "UNDEFINED_COLUMN",
    "UNDEFINED_FUNCTION",
    "UNDEFINED_OBJECT",
    "RedshiftError",
    "syntax_error",
]

SYNTAX = "42601"
FEATURE_NOT_SUPPORTED = "0A000"
INTERNAL = "XX000"
ACTIVE_TRANSACTION = "25001"
INVALID_DEFINITION = "42P16"
INVALID_PARAMETER = "22023"
NAME_TOO_LONG = "42622"
TOO_MANY_COLUMNS = "54011"
UNDEFINED_COLUMN = "42703"
UNDEFINED_FUNCTION = "42883"
UNDEFINED_OBJECT = "42704"


class RedshiftError(Exception):
    """What Redshift would answer: a message, an SQLSTATE, sometimes a detail; the hint is the stand-in's own."""

    def __init__(self, message: str, code: str = SYNTAX, *, detail: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail
        self.hint = hint


def syntax_error(near: str, hint: str | None = None) -> RedshiftError:
    """The parser's complaint about the word it stumbled over."""
    place = f'at or near "{near}"' if near else "at end of input"
    return RedshiftError(f"syntax error {place}", hint=hint)
