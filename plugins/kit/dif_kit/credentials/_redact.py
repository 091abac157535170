"""Secrets out of everything a person may read: logs, errors, tracebacks."""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import traceback
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["basic_credentials", "excerpt", "redact", "register_secrets"]

_MASK: Final = "***"
_SHORTEST: Final = 6  # shorter values ("1", "demo") stand in ordinary text; masking them would only garble it
_NAMED: Final = re.compile(
    r"""(["']?\b(?:access_token|refresh_token|id_token|client_secret|secret|password|api_?key|authorization|token)["']?
        \s*[:=]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;&}]+""",
    re.IGNORECASE | re.VERBOSE,
)
_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


class _Secrets:
    """Every secret this process has seen, longest first: a short one may be part of a long one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._longest_first: tuple[str, ...] = ()

    def add(self, values: Iterable[str]) -> None:
        forms = {form for value in values if len(value) >= _SHORTEST for form in _forms(value)}
        with self._lock:
            self._longest_first = tuple(sorted(forms.union(self._longest_first), key=len, reverse=True))

    def mask(self, text: str) -> str:
        # One after the other: a pattern of them all would take 20 ms to compile, whenever a token is new.
        for value in self._longest_first:
            text = text.replace(value, _MASK)
        return text

    def mask_cut(self, text: str) -> str:
        """``text`` was cut: mask the beginning of a secret at its end too."""
        longest = 0
        for value in self._longest_first:
            for size in range(min(len(value) - 1, len(text)), _SHORTEST - 1, -1):
                if text.endswith(value[:size]):
                    longest = max(longest, size)
                    break
        return text[: len(text) - longest] + _MASK if longest else text


def _forms(value: str) -> set[str]:
    """A secret as it stands, and as it comes in addresses, in JSON, and in Base64."""
    quoted = {quote(value, safe=""), quote_plus(value), quote(value)}
    quoted |= {_PERCENT.sub(lambda code: code[0].lower(), text) for text in quoted}
    encoded = json.dumps(value)[1:-1]
    packed = {base64.b64encode(value.encode()).decode(), base64.urlsafe_b64encode(value.encode()).decode()}
    return {value, *quoted, encoded, encoded.replace("/", "\\/"), *packed, *(text.rstrip("=") for text in packed)}


_SECRETS: Final = _Secrets()


def register_secrets(values: Iterable[str]) -> None:
    """From now on these values are masked in every log record of the process and in every text given to `redact`."""
    _SECRETS.add(values)
    if not isinstance(logging.getLogRecordFactory(), _RedactingFactory):
        # The factory, not a filter on a handler: handlers come and go, and a logger's filters do not see its children.
        logging.setLogRecordFactory(_RedactingFactory(logging.getLogRecordFactory()))


def redact(text: str) -> str:
    """``text`` with every registered secret masked."""
    return _SECRETS.mask(text)


def excerpt(content: bytes, *, longest: int = 300) -> str:
    """The beginning of an answer's body as one line for a message: secrets and mail addresses masked, then cut.

    What moves a terminal's cursor or turns letters round is a blank: the line is shown to people as it is.
    """
    text = content[: longest * 20].decode("utf-8", errors="replace")
    text = _SECRETS.mask_cut(redact(text)) if len(content) >= longest * 20 else redact(text)
    text = _MAIL.sub(_MASK, _NAMED.sub(rf"\g<1>{_MASK}", text))
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= longest else text[:longest] + "…"


def basic_credentials(user: str, password: str) -> str:
    """The value behind ``Authorization: Basic``, registered as a secret itself."""
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    register_secrets([encoded])
    return encoded


class _RedactingFactory:
    """Makes log records whose message, arguments and traceback hold no registered secret."""

    def __init__(self, make: Any) -> None:  # noqa: ANN401 - the type of logging's own factory
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401 - as logging calls it
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            return record  # a wrong format string: logging reports it
        masked = redact(message)
        if masked != message:
            record.msg, record.args = masked, None
        if record.exc_info and record.exc_info[0] is not None:
            trace = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if redact(trace) != trace:
                # The exception itself must go: a formatter may ask it for its text.
                record.msg, record.args, record.exc_info = f"{masked}\n{redact(trace)}", None, None
        return record
