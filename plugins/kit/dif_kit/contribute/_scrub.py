"""What identifies a person, an account or a credential is replaced in what a provider answered; its shape stays."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Scrubber"]

# Texts that say nothing about anybody: words of an enumeration, moments and days, plain numbers.
_WORD: Final = re.compile(r"[A-Z]{2,}[A-Z_]{0,40}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?)?")
_AMOUNT: Final = re.compile(r"-?\d{1,5}|-?\d{1,12}\.\d{1,12}")
_DIGITS: Final = re.compile(r"\d+")
_LONG_NUMBER: Final = 1_000_000
_SHORTEST: Final = 9
_IDENTIFYING: Final = re.compile(
    r"(^|_)(ids?|names?|title|e?mail|phone|fax|mobile|tel|zip|postal\w*|street|city|ip|ssn|tax\w*|account|customer|user"
    r"|login|token|secret|password|key)$",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Of an answer's headers, those that a tap reads; all others may name accounts, requests, sessions.
_HEADERS: Final = frozenset({"content-type", "retry-after"})


@dataclass(frozen=True, slots=True)
class Scrubber:
    """The same value has the same stand-in everywhere in a recording, so that rows still belong to each other.

    What is not known to be harmless is replaced. The key of the stand-ins is made for one recording and kept nowhere:
    they lead back to nothing.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers that a tap reads."""
        return {name: value for name, value in headers.items() if name.lower() in _HEADERS}

    def body(self, value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
        """A body with stand-ins."""
        if isinstance(value, dict):
            return {self._member(key): self.body(part, key) for key, part in value.items()}
        if isinstance(value, list):
            return [self.body(part, name) for part in value]
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return int(self._digits(str(value))) if _is_identifying(name) or abs(value) >= _LONG_NUMBER else value
        return value

    def text(self, value: str, name: str = "") -> str:
        """A text, or what stands in for it."""
        if not value:
            return value
        is_harmless = value in available_timezones() or any(kind.fullmatch(value) for kind in (_WORD, _MOMENT, _AMOUNT))
        if is_harmless and not _is_identifying(name):
            return value
        if value.lstrip("-").isdecimal():
            return self._digits(value)
        digest = self._digest(value)
        if value.startswith(("https://", "http://")):
            return f"https://example.com/{digest}"
        return f"{digest}@example.com" if "@" in value else f"text-{digest}"

    def words(self, value: str, name: str = "") -> str:
        """A parameter, which may list several values with commas between."""
        return ",".join(self.text(part, name) for part in value.split(","))

    def path(self, path: str) -> str:
        """A path whose segments with digits are stand-ins; versions such as v5 and v26.0 stay."""
        return "/".join(self._segment(part) for part in path.split("/"))

    def _segment(self, part: str) -> str:
        if re.fullmatch(r"v\d+(\.\d+)?|[a-zA-Z_:.-]*", part):
            return part
        if re.fullmatch(r"[a-z]{0,8}_?\d+", part):  # act_123 of Meta keeps its prefix
            return _DIGITS.sub(lambda found: self._digits(found[0]), part)
        return self.text(part)

    def _member(self, name: str) -> str:
        """A member's name: an object may be a map by ids or addresses."""
        is_word = re.fullmatch(r"[A-Za-z_$][\w$.:-]{0,60}", name) and not re.search(r"\d{6}", name)
        return name if is_word else self.text(name, "id")

    def _digits(self, number: str) -> str:
        """As many digits, the first one not 0; a short number becomes longer, or stand-ins would meet."""
        size = max(len(number.lstrip("-")), _SHORTEST)
        drawn = int(self._digest(number.lstrip("-"), 32), 16) % (9 * 10 ** (size - 1)) + 10 ** (size - 1)
        return f"-{drawn}" if number.startswith("-") else str(drawn)

    def _digest(self, value: str, size: int = 12) -> str:
        return hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()[:size]


def _is_identifying(name: str) -> bool:
    return _IDENTIFYING.search(_CAMEL.sub("_", name)) is not None
