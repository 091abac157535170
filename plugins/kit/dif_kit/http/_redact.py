"""Secrets out of everything a person may read: logs, errors, tracebacks."""

from __future__ import annotations

import base64
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
_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


class _Secrets:
    """Every secret this process has seen, longest first: a short one may be part of a long one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            for value in values:
                if len(value) >= _SHORTEST:
                    self._values |= {value, quote(value, safe=""), quote_plus(value)}
            if self._values:
                longest_first = sorted(self._values, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def mask(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(_MASK, text)


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
    """The beginning of an answer's body as one line for a message: secrets and mail addresses masked, then cut."""
    text = content[: longest * 20].decode("utf-8", errors="replace")
    text = _MAIL.sub(_MASK, _NAMED.sub(rf"\g<1>{_MASK}", redact(text)))
    text = " ".join(text.split())
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
