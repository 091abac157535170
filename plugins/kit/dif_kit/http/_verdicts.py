"""What an answer means, by the provider's facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dif_kit.budget import seconds_until
from dif_kit.decode import UndecodableError, at_path, parse_json, parse_xml
from dif_kit.errors import ExtractionError

if TYPE_CHECKING:
    from dif_kit.http._answer import Answer

__all__ = ["Match", "PartitionSkippedError", "Verdict", "Verdicts", "WindowTooLargeError"]


class PartitionSkippedError(ExtractionError):
    """The provider refuses this partition (an account that is closed or forbidden); the others may go on."""


class WindowTooLargeError(ExtractionError):
    """The provider refuses the range of days as too large; half of it may pass."""


class Verdict(Enum):
    """What to do with an answer."""

    OK = "ok"
    THROTTLED = "throttled"
    RETRY = "retry"
    REAUTHENTICATE = "reauthenticate"
    SKIP_PARTITION = "skip_partition"
    WINDOW_TOO_LARGE = "window_too_large"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds if all that is stated holds: HTTP status, code in the body, text in the body's message."""

    status: int | None = None
    code: int | str | None = None
    text: str | None = None

    def holds(self, status: int, code: str | None, message: str) -> bool:
        """Whether an answer is meant."""
        return (
            (self.status is None or self.status == status)
            and (self.code is None or str(self.code) == code)
            and (self.text is None or self.text.casefold() in message.casefold())
        )


Rules: TypeAlias = AbstractSet[int | str | Match]
Wait: TypeAlias = float | str

_SKIPPED_STATUS: Final = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_RETRIED_STATUS: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """A provider's error table. Each set holds codes found at ``code`` in the body, or `Match` rules.

    ``code`` and ``message`` are dotted paths; in an XML body they begin with its root (``fault.errorcode``), and ``*``
    is the first of several (``errors.*.extensions.code``). Of several paths to a code the first that leads to one
    counts, for providers whose services word their errors differently.

    The sets are asked in the order of the fields below. What none of them names is judged by its status: 2xx is ok,
    429 throttled, 401 reauthenticate, 403, 404 and 410 skip the partition, 408, 425 and 5xx are retried, the rest is
    permanent. A 2xx answer with a code in its body is an error unless ``ok`` holds the code; so is one with anything at
    the path ``error``, as answers of GraphQL have it beside a part of the data.

    ``waits`` says how long a throttled answer without a word about it means: in seconds, or until the next "hour" or
    "day@<zone>" of the clock. Several: one after another for each refusal in a row of a request, the last for all
    further ones, where a provider does not tell which of its limits was met.

    ``scopes`` says for whom the limit counts that a throttled answer is about, as the scope of a budget: the request's
    budgets of this scope rest, and no others.
    """

    code: str | tuple[str, ...] | None = None
    message: str | None = None
    error: str | None = None
    throttled: Rules = field(default_factory=frozenset)
    reauthenticate: Rules = field(default_factory=frozenset)
    window_too_large: Rules = field(default_factory=frozenset)
    skip_partition: Rules = field(default_factory=frozenset)
    retry: Rules = field(default_factory=frozenset)
    permanent: Rules = field(default_factory=frozenset)
    ok: Rules = field(default_factory=frozenset)
    waits: Mapping[int | str | Match, Wait | tuple[Wait, ...]] = field(default_factory=dict, hash=False)
    scopes: Mapping[int | str | Match, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def judge(self, answer: Answer) -> Verdict:
        """The verdict on an answer."""
        code, message = self._code_and_message(answer)
        for verdict, rules in self._table():
            if any(_holds(rule, answer.status, code, message) for rule in rules):
                return verdict
        if _is_success(answer.status) and (code is not None or self._has_error(answer)):
            return Verdict.PERMANENT
        return _by_status(answer.status)

    def wait(self, answer: Answer, *, before: int = 0) -> float | None:
        """Seconds that a throttled answer means by its code or text; None if the table does not say.

        ``before`` is how often the request was throttled before, in a row.
        """
        if not self.waits:
            return None
        code, message = self._code_and_message(answer)
        for rule, waits in self.waits.items():
            if _holds(rule, answer.status, code, message):
                wait = waits[min(before, len(waits) - 1)] if isinstance(waits, tuple) else waits
                return seconds_until(wait, datetime.now(UTC)) if isinstance(wait, str) else wait
        return None

    def scope(self, answer: Answer) -> tuple[str, ...] | None:
        """For whom the limit counts that a throttled answer is about; None if the table does not say."""
        if not self.scopes:
            return None
        code, message = self._code_and_message(answer)
        return next((each for rule, each in self.scopes.items() if _holds(rule, answer.status, code, message)), None)

    def _table(self) -> tuple[tuple[Verdict, Rules], ...]:
        return (
            (Verdict.THROTTLED, self.throttled),
            (Verdict.REAUTHENTICATE, self.reauthenticate),
            (Verdict.WINDOW_TOO_LARGE, self.window_too_large),
            (Verdict.SKIP_PARTITION, self.skip_partition),
            (Verdict.RETRY, self.retry),
            (Verdict.PERMANENT, self.permanent),
            (Verdict.OK, self.ok),
        )

    @property
    def _codes(self) -> tuple[str, ...]:
        return (self.code,) if isinstance(self.code, str) else self.code or ()

    def _has_error(self, answer: Answer) -> bool:
        if self.error is None:
            return False
        return at_path(self._document(answer, is_success=True), self.error) is not None

    def _code_and_message(self, answer: Answer) -> tuple[str | None, str]:
        is_success = _is_success(answer.status)
        if is_success and not self._codes and self.message is None:
            return None, ""
        document = self._document(answer, is_success=is_success)
        if document is None:
            return None, "" if is_success else _text_of(answer)
        found = (at_path(document, path) for path in self._codes)
        code = next((code for code in found if code is not None), None)
        message = at_path(document, self.message) if self.message is not None else None
        if not isinstance(message, str):
            # Without a message of its own, an error page is searched whole, data never.
            message = "" if is_success else _text_of(answer)
        return None if code is None else str(code), message

    def _document(self, answer: Answer, *, is_success: bool) -> Any:  # noqa: ANN401 - JSON holds anything
        """The body in which code and message stand, None if it is neither JSON nor an XML fault."""
        try:
            # A success is parsed by its own decoder too; an error page is parsed here and nowhere else.
            return answer.json() if is_success else parse_json(answer.content)
        except UndecodableError:
            root = _XML_ROOT.match(answer.content[:4096])
            faults = {path.partition(".")[0] for path in (*self._codes, self.message) if path is not None}
            if root is None or root[1].decode() not in faults:
                return None
        try:
            return parse_xml(answer.content)
        except UndecodableError:
            return None


# The name of a document's first element, behind declarations and comments, without its namespace.
_XML_ROOT: Final = re.compile(rb"\s*(?:<[?!][^>]*>\s*)*<(?:[\w.-]+:)?([\w.-]+)")


def _text_of(answer: Answer) -> str:
    return answer.content[:4096].decode("utf-8", errors="replace")


def _holds(rule: int | str | Match, status: int, code: str | None, message: str) -> bool:
    if isinstance(rule, Match):
        return rule.holds(status, code, message)
    return code is not None and str(rule) == code


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _by_status(status: int) -> Verdict:
    if _is_success(status):
        return Verdict.OK
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Verdict.THROTTLED
    if status == HTTPStatus.UNAUTHORIZED:
        return Verdict.REAUTHENTICATE
    if status in _SKIPPED_STATUS:
        return Verdict.SKIP_PARTITION
    if status in _RETRIED_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict.RETRY
    return Verdict.PERMANENT
