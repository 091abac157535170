"""What the driver raises, told apart by what can be done about it."""

from __future__ import annotations

import struct
from typing import Final

from redshift_connector.error import Error

__all__ = ["DRIVER_ERRORS", "ConnectionLost", "Refused", "translate"]

# A connection that breaks inside a message surfaces as struct.error: the driver unpacks what is not there.
DRIVER_ERRORS: Final = (Error, OSError, struct.error)

_LOST_STATES: Final = ("08", "57P")  # connection exceptions; the server is shutting down or ended this session
_RACE_STATES: Final = frozenset({"23505", "42701", "42P06", "42P07"})
_CONFLICT_STATES: Final = frozenset({"40001", "40P01"})
_CONFLICT_WORDS: Final = ("serializable isolation violation", "could not serialize", "deadlock")
_BUSY_WORDS: Final = ("slowdown", "status 500", "status 503", "internalerror", "serviceunavailable")


class ConnectionLost(Exception):  # noqa: N818 - what happened; whether it is an error depends on the attempts left
    """The connection broke: nobody knows whether the last statement was carried out."""


class Refused(Exception):  # noqa: N818 - as above
    """The warehouse answered with an error. ``state`` is its SQLSTATE; ``text`` and ``detail`` are each one line."""

    def __init__(self, state: str, text: str, detail: str) -> None:
        super().__init__(f"{text} ({detail})" if detail and detail not in text else text)
        self.state = state
        self.text = text
        self.detail = detail

    @property
    def is_passing(self) -> bool:
        """Whether the same work may succeed when it is repeated: a conflict with another session (1023), or S3 busy."""
        said = f"{self.text} {self.detail}".lower()
        return self.state in _CONFLICT_STATES or any(word in said for word in (*_CONFLICT_WORDS, *_BUSY_WORDS))

    @property
    def is_race(self) -> bool:
        """Whether another session has made meanwhile what this one wanted to make."""
        return self.state in _RACE_STATES or "already exists" in self.text or "updated concurrently" in self.text

    @property
    def is_forbidden(self) -> bool:
        """Whether the user lacks a right."""
        return self.state == "42501" or "permission denied" in self.text.lower()


def translate(error: BaseException) -> ConnectionLost | Refused:
    """One of our two classes for whatever the driver raised."""
    fields = error.args[0] if error.args else None
    if not isinstance(error, Error) or not isinstance(fields, dict):
        return ConnectionLost(_one_line(str(error)) or type(error).__name__)
    state = str(fields.get("C", ""))
    if state.startswith(_LOST_STATES):
        return ConnectionLost(_one_line(str(fields.get("M", ""))))
    return Refused(state, _one_line(str(fields.get("M", ""))), _one_line(str(fields.get("D", ""))))


def _one_line(text: str) -> str:
    return " ".join(text.replace("-----------------------------------------------", "").split())
