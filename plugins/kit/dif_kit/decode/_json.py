"""JSON documents into records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.decode._json_stream import JsonCursor
from dif_kit.decode._ports import Body, Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["JsonLines", "JsonObject", "JsonRecords", "KeyedLists", "at_path", "parse_json"]

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MISSING: Final = object()
_EACH: Final = "[]"
_LONGEST_LINE: Final = 64 << 20
# float_hook sees the text of each fraction: 0.10 stays 0.10, where a float would already be another number.
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


def parse_json(content: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
    """The document in ``content``: fractions as Decimal, integers of any size, nothing rounded.

    Raises:
        UndecodableError: not JSON, or half of it, or not UTF-8, or NaN, which JSON has not, or a number whose exponent
            has more than 18 digits, which no decimal holds.
    """
    try:
        return _DECODER.decode(content.removeprefix(_BYTE_ORDER_MARK))
    except ArithmeticError as error:
        raise UndecodableError("the body holds a number with an absurd exponent") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableError(f"the body is not whole JSON ({error})") from error


def at_path(document: Any, path: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON holds anything
    """The value at a dotted path of object keys, the document itself for the empty path, else ``default``.

    ``*`` is the first element of an array, or the first member of an object: ``errors.*.message``.
    """
    value = document
    for key in path.split(".") if path else ():
        if key == "*" and isinstance(value, dict | list) and value:
            value = value[0] if isinstance(value, list) else next(iter(value.values()))
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            return default
    return value


@dataclass(frozen=True, slots=True)
class JsonRecords:
    """An array of objects at ``path``: dotted keys; ``[]`` stands for every element of an array on the way.

    Empty, the body itself is the array; ``[].results`` is an array of chunks with ``results`` each. A path that is not
    there, or holds something else, is an error: it is never an empty page. ``optional`` says that the provider leaves
    an empty array out (as proto3 JSON does); an object without the array, but with an ``error``, stays an error. A
    large body is read a record at a time.
    """

    path: str = ""
    optional: bool = False
    error: str = "error"
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body without an array at the path; of a large one, without a first record that can be read."""
        if body.is_large:
            next(self.records(body), None)
        else:
            for _ in self._arrays(body.json(), self._steps()):
                pass

    def records(self, body: Body) -> Iterator[Record]:
        """The objects of the array."""
        if not body.is_large:
            for rows in self._arrays(body.json(), self._steps()):
                yield from map(self._record, rows)
            return
        with body.open() as stream:
            cursor = JsonCursor(stream)
            yield from self._read(cursor, self._steps())
            cursor.end()

    def _steps(self) -> tuple[str, ...]:
        return tuple(self.path.split(".")) if self.path else ()

    def _arrays(self, value: Any, steps: tuple[str, ...]) -> Iterator[list[Any]]:  # noqa: ANN401 - JSON holds anything
        if not steps or steps[0] == _EACH:
            if not isinstance(value, list):
                raise self._refused(type(value).__name__)
            if not steps:
                yield value
                return
            for element in value:
                yield from self._arrays(element, steps[1:])
            return
        if not isinstance(value, dict):
            raise self._refused(type(value).__name__)
        found = value.get(steps[0], _MISSING)
        if found is _MISSING:
            self._absent(value)
        else:
            yield from self._arrays(found, steps[1:])

    def _read(self, cursor: JsonCursor, steps: tuple[str, ...]) -> Iterator[Record]:
        opening = cursor.peek()
        wanted = "[" if not steps or steps[0] == _EACH else "{"
        if opening != wanted:
            raise self._refused(type(cursor.value()).__name__)
        if wanted == "[":
            for _ in cursor.elements():
                if steps:
                    yield from self._read(cursor, steps[1:])
                else:
                    yield self._record(cursor.value())
            return
        beside = set()
        is_found = False
        for key in cursor.members():
            if key == steps[0]:
                is_found = True
                yield from self._read(cursor, steps[1:])
            else:
                cursor.value()
                beside.add(key)
        if not is_found:
            self._absent(beside)

    def _absent(self, beside: Mapping[str, Any] | set[str]) -> None:
        if not self.optional or self.error in beside:
            raise self._refused("nothing" if self.error not in beside else f"{self.error!r}")

    def _record(self, row: Any) -> Record:  # noqa: ANN401 - JSON holds anything
        if not isinstance(row, dict):
            raise UndecodableError(f"expected objects at {self.path or 'the root'!r}, found {type(row).__name__}")
        return row

    def _refused(self, found: str) -> UndecodableError:
        where = f"at {self.path!r}" if self.path else "as the whole body"
        return UndecodableError(f"expected an array {where}, found {found}")


@dataclass(frozen=True, slots=True)
class JsonObject:
    """One object that is itself the only record, such as an answer about a job or a token."""

    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body that is no object."""
        if not isinstance(body.json(), dict):
            raise UndecodableError(f"expected one object, found {type(body.json()).__name__}")

    def records(self, body: Body) -> Iterator[Record]:
        """The object."""
        self.check(body)
        yield body.json()


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One object a line (NDJSON, JSONL). A body without any line is an error unless it ``may_be_empty``."""

    may_be_empty: bool = False
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body whose first line is no object."""
        next(self.records(body), None)

    def records(self, body: Body) -> Iterator[Record]:
        """The objects, line by line; blank lines are none."""
        is_empty = not self.may_be_empty
        with body.open() as stream:
            for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), 1):
                if len(line) == _LONGEST_LINE:
                    raise UndecodableError(f"line {number} is longer than {_LONGEST_LINE >> 20} MiB")
                if line.isspace():
                    continue
                is_empty = False
                yield _object_of(line if number > 1 else line.removeprefix(_BYTE_ORDER_MARK), number)
        if is_empty:
            raise UndecodableError("expected a line of JSON at least, found none")


def _object_of(line: bytes, number: int) -> Record:
    try:
        row = _DECODER.decode(line)
    except ArithmeticError as error:
        raise UndecodableError(f"line {number} holds a number with an absurd exponent") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableError(f"line {number} is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise UndecodableError(f"expected an object in line {number}, found {type(row).__name__}")
    return row


@dataclass(frozen=True, slots=True)
class KeyedLists:
    """One object whose keys are entity ids and whose values are lists of rows: ``{"42": [{...}], ...}``.

    ``key`` names the column that takes the id where a row has not got it already.
    """

    key: str | None = None
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body that is not an object of lists; of a large one, whose first row cannot be read."""
        if body.is_large:
            next(self.records(body), None)
        else:
            self._groups(body.json())

    def records(self, body: Body) -> Iterator[Record]:
        """The rows, entity by entity."""
        if not body.is_large:
            for entity, rows in self._groups(body.json()).items():
                for row in rows:
                    yield self._record(row, entity)
            return
        with body.open() as stream:
            cursor = JsonCursor(stream)
            if cursor.peek() != "{":
                raise _not_groups()
            for entity in cursor.members():
                if cursor.peek() != "[":
                    raise _not_groups()
                for _ in cursor.elements():
                    yield self._record(cursor.value(), entity)
            cursor.end()

    def _record(self, row: Any, entity: str) -> Record:  # noqa: ANN401 - JSON holds anything
        if not isinstance(row, dict):
            raise UndecodableError(f"expected objects below {entity!r}, found {type(row).__name__}")
        if self.key is not None:
            row.setdefault(self.key, entity)
        return row

    @staticmethod
    def _groups(document: Any) -> Mapping[str, list[Any]]:  # noqa: ANN401 - JSON holds anything
        if not isinstance(document, dict) or not all(isinstance(rows, list) for rows in document.values()):
            raise _not_groups()
        return document


def _not_groups() -> UndecodableError:
    return UndecodableError("expected one object of lists keyed by entity")
