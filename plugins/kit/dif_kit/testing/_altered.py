"""A provider's usual answers, altered where a stream's own facts say what they mean."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from dif_kit.decode import Around, JsonApi, JsonRecords, at_path
from dif_kit.paging import Cursor, LinkHeader, NextUrl
from dif_kit.tap import ReportStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.paging import Paging
    from dif_kit.tap import Stream
    from dif_kit.testing._api import ApiAnswer, ApiRequest
    from dif_kit.testing._subject import Subject

__all__ = ["DIGITS", "TOKEN", "UNANNOUNCED", "AlteredApi", "longer_numbers"]

#: The page that an altered API puts before the first one.
TOKEN: Final = "dif-conformance-page"  # noqa: S105 - the name of a page
#: A column that no schema knows.
UNANNOUNCED: Final = "dif_conformance_unannounced"
#: What is put behind every decimal number: more than a float can hold.
DIGITS: Final = "0000000000000000000123"
_NUMBER: Final = re.compile(r'"@number (-?\d+\.\d+)@"')
_TEXT: Final = re.compile(r"-?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class AlteredApi:
    """Alters answers of streams whose rows stand in an array of JSON, at a path that no other stream asks for."""

    subject: Subject

    def stream_of(self, request: ApiRequest) -> type[Stream] | None:
        """The stream that a request belongs to; None if that cannot be told by its path, or its records are changed."""
        found = self._asking(request)
        return found[0] if len(found) == 1 and not isinstance(found[0].records, Around) else None

    def _paged_stream(self, request: ApiRequest) -> type[Stream] | None:
        """A stream that a request may belong to, where all of these page alike and have their rows in one place."""
        found = self._asking(request)
        shapes = {(repr(stream.paging), _place_of_rows(stream)) for stream in found}
        return found[0] if len(shapes) == 1 else None

    def _asking(self, request: ApiRequest) -> list[type[Stream]]:
        """The streams that a request may belong to; none if one of them is a report, or has rows in no array."""
        found = [stream for stream in self.subject.streams() if self._is_asked(stream, request)]
        fits = all(not issubclass(stream, ReportStream) and _place_of_rows(stream) is not None for stream in found)
        return found if fits else []

    def _is_asked(self, stream: type[Stream], request: ApiRequest) -> bool:
        if stream.url_base != "{api_url}" or stream.method != request.method:
            return False
        parts = re.split(r"\{[^{}]+\}", self.subject.api_path + stream.path)
        return re.fullmatch("[^/]+".join(map(re.escape, parts)), request.path) is not None

    def rows(self, stream: type[Stream], body: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401 - any JSON
        """The rows in an answer; None if there is no such array."""
        found = at_path(body, _place_of_rows(stream) or "")
        return found if isinstance(found, list) and all(isinstance(row, dict) for row in found) else None

    def _rows_or_none_left_out(self, stream: type[Stream], body: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401
        """The rows in a page; none where it leaves their array out, as proto3 JSON does, and the stream allows it."""
        decoder: Any = stream.records
        while isinstance(decoder, Around):
            decoder = decoder.inner
        may_be_missing = isinstance(decoder, JsonRecords) and decoder.optional and isinstance(body, dict)
        return [] if may_be_missing and at_path(body, decoder.path) is None else self.rows(stream, body)

    def usual(self, request: ApiRequest) -> tuple[ApiAnswer, Any] | None:
        """The usual answer with its body as JSON, fit to be changed; None if it is no JSON or no success."""
        answer = self.subject.api.usual(request)
        if answer.status != 200 or answer.cut:  # noqa: PLR2004 - the one that is plain success
            return None
        try:
            return answer, copy.deepcopy(json.loads(answer.content))
        except ValueError:
            return None

    def with_unknown_column(self, request: ApiRequest) -> tuple[str, ApiAnswer] | None:
        """The stream and its usual answer, each row with a column more."""
        stream, usual = self.stream_of(request), self.usual(request)
        rows = None if stream is None or usual is None else self.rows(stream, usual[1])
        if stream is None or usual is None or not rows:
            return None
        for row in rows:
            columns = row.setdefault("attributes", {}) if isinstance(stream.records, JsonApi) else row
            columns[UNANNOUNCED] = "kept"
        return stream.name, replace(usual[0], body=usual[1])

    def with_empty_page(self, request: ApiRequest) -> ApiAnswer | None:
        """An empty page that leads to the usual first one; None if the stream does not page by what the answer says."""
        stream = self._paged_stream(request)
        if stream is None or not isinstance(stream.paging, LinkHeader | NextUrl | Cursor):
            return None
        plain = _without_token(stream.paging, request)
        if plain is not None:
            return self.subject.api.usual(plain)
        if _names_page(stream.paging, request):
            return None
        return self._leading_on(stream, request, is_empty=True)

    def with_same_token(self, request: ApiRequest) -> ApiAnswer | None:
        """The usual page, which leads to one that leads to itself."""
        stream = self._paged_stream(request)
        if stream is None:
            return None
        plain = _without_token(stream.paging, request)
        return self._leading_on(stream, request if plain is None else plain, is_empty=False)

    def _leading_on(self, stream: type[Stream], request: ApiRequest, *, is_empty: bool) -> ApiAnswer | None:
        usual = self.usual(request)
        rows = [] if usual is None else self._rows_or_none_left_out(stream, usual[1])
        if usual is None or rows is None:
            return None
        answer, body = usual
        if is_empty:
            rows.clear()
        asked = {name: values for name, values in request.queries.items() if name != TOKEN}
        following = f"{self.subject.api.url}{request.path}?{urlencode({**asked, TOKEN: '1'}, doseq=True)}"
        paging = stream.paging
        if isinstance(paging, Cursor):
            told = {paging.token: TOKEN, paging.more: True, paging.link: following}
            for place, value in told.items():
                if place is not None and not _put(body, place, value):
                    return None
        elif isinstance(paging, NextUrl):
            if not _put(body, paging.url, following):
                return None
        elif isinstance(paging, LinkHeader):
            return replace(answer, body=body, headers={**answer.headers, "Link": f'<{following}>; rel="next"'})
        else:
            return None
        return replace(answer, body=body)


def longer_numbers(answer: ApiAnswer) -> ApiAnswer | None:
    """An answer in which every decimal number, those in texts too, has more digits than a float holds.

    None if there is none.
    """
    try:
        document = json.loads(answer.content)
    except ValueError:
        return None
    text = _NUMBER.sub(lambda found: found[1] + DIGITS, json.dumps(_marked(document)))
    return None if DIGITS not in text else replace(answer, body=text.encode())


def _marked(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, float):
        return f"@number {value!r}@" if "e" not in repr(value) else value
    if isinstance(value, str) and _TEXT.fullmatch(value):
        return value + DIGITS
    if isinstance(value, dict):
        return {name: _marked(part) for name, part in value.items()}
    return [_marked(part) for part in value] if isinstance(value, list) else value


def _place_of_rows(stream: type[Stream]) -> str | None:
    found = stream.records
    while isinstance(found, Around):  # what changes records leaves them where they are
        found = found.inner
    if isinstance(found, JsonApi):
        return "data" if found.through is None else None
    records = found.path if isinstance(found, JsonRecords) else found
    return records if isinstance(records, str) and "[]" not in records else None


def _put(document: Any, path: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Set a value at a dotted path; False if the way there is no object."""
    *way, last = path.split(".")
    for key in way:
        if not isinstance(document, dict):
            return False
        document = document.setdefault(key, {})
    if not isinstance(document, dict):
        return False
    document[last] = value
    return True


def _names_page(paging: Paging, request: ApiRequest) -> bool:
    """Whether a request asks for a page that is not the first one."""
    if not isinstance(paging, Cursor):
        return TOKEN in request.queries
    return (
        paging.param in request.queries
        if paging.place == "query"
        else at_path(request.json(), paging.param) is not None
    )


def _without_token(paging: Paging, request: ApiRequest) -> ApiRequest | None:
    """The request for the first page, if this one follows our token; else None."""
    if isinstance(paging, Cursor) and paging.place == "body":
        body = request.json()
        if at_path(body, paging.param) != TOKEN:
            return None
        *way, last = paging.param.split(".")
        place: Mapping[str, Any] = at_path(body, ".".join(way))
        del place[last]  # type: ignore[attr-defined]  # it was made by json() just now
        return replace(request, content=json.dumps(body).encode())
    param = paging.param if isinstance(paging, Cursor) else TOKEN
    follows = request.query.get(param) == (TOKEN if isinstance(paging, Cursor) else "1")
    rest = {name: values for name, values in request.queries.items() if name != param}
    return replace(request, queries=rest) if follows else None
