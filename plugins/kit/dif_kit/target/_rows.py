"""Records of one stream into CSV rows: a chunk at once where all is plain, else record by record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit._plain_names import is_plain
from dif_kit.target._cells import Limits, RejectedError, cell
from dif_kit.target._columns import ColumnEncoder, Texts
from dif_kit.target._duplicates import field_length, has_repeated_key
from dif_kit.target._plain import PlainLines, PlainRecords
from dif_kit.target._ports import Column, ColumnKind, StreamSchema
from dif_kit.target._quarantine import Rejected
from dif_kit.target._quoting import REQUOTING
from dif_kit.target._rules import Rules, rules_of
from dif_kit.target._schema import infer_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.target._formats import FileFormat

__all__ = ["Encoded", "Records", "RowEncoder"]

_ABSENT: Final = msgspec.Raw(b"")
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Records:
    """Consecutive records of one stream as their messages hold them.

    ``lines`` and ``sequences`` are the line number in the input and the place in the order of all rows ever;
    ``extracted`` and ``versions`` the JSON texts of ``time_extracted`` and ``version``, empty where there was none.
    ``originals`` are the records as they came, where a stream map has changed them.
    """

    raws: Sequence[msgspec.Raw]
    extracted: Sequence[msgspec.Raw]
    lines: Sequence[int]
    sequences: Sequence[int]
    received_at: str
    versions: Sequence[msgspec.Raw]
    originals: Sequence[msgspec.Raw]

    def __len__(self) -> int:
        return len(self.raws)

    @property
    def have_versions(self) -> bool:
        """Whether any of them belongs to a version of its stream."""
        return any(self.versions)

    def after(self, count: int) -> Records:
        """All but the first ``count``."""
        return self.at(range(count, len(self)))

    def at(self, places: Sequence[int]) -> Records:
        """Those at these places."""
        if len(places) == len(self):
            return self
        raws, extracted, lines, sequences, versions, originals = (
            [values[place] for place in places]
            for values in (self.raws, self.extracted, self.lines, self.sequences, self.versions, self.originals)
        )
        return Records(raws, extracted, lines, sequences, self.received_at, versions, originals)  # type: ignore[arg-type]

    def rejected(self, place: int, reason: str) -> Rejected:
        """One of them as it is put aside."""
        return Rejected(
            line=self.lines[place],
            reason=reason,
            raw=bytes(self.originals[place]),
            sequence=self.sequences[place],
            extracted=bytes(self.extracted[place]),
            version=bytes(self.versions[place]),
        )


@dataclass(slots=True)
class Encoded:
    """What the first ``consumed`` records became: CSV lines, and the index and reason of each rejected record.

    Encoding stops before a record that brings ``new_columns``, or a value that ``null_is_taken`` by.
    """

    consumed: int = 0
    csv: bytes = b""
    rows: int = 0
    longest: list[int] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    new_columns: list[Column] = field(default_factory=list)
    null_is_taken: bool = False


class RowEncoder:
    """The CSV rows of one stream with one list of columns."""

    def __init__(self, schema: StreamSchema, limits: Limits, run_id: str, form: FileFormat, *, evolve: bool) -> None:
        self.schema = schema
        self._limits = limits
        self._run_id = msgspec.json.encode(run_id)
        self._evolve = evolve
        self._requote = REQUOTING[form.quoting]
        count = len(schema.columns) - schema.metadata
        self._own, self._ours = schema.columns[:count], schema.columns[count:]
        self._names = {column.name for column in self._own}
        facts = schema.json_schema.get("properties", {})
        rules = [rules_of(column, facts.get(column.name)) for column in self._own] + [Rules({})] * len(self._ours)
        self._encoders = [ColumnEncoder(column, limits, of) for column, of in zip(schema.columns, rules, strict=True)]
        self._key_lengths = [len(msgspec.json.encode(column.name)) for column in self._own]
        record = _record_of(self._own)
        self._decoder = None if record is None else msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
        self._lines = None if record is None else PlainLines(schema.stream, record)

    def header(self) -> bytes:
        """The header line."""
        names = [cell(ColumnKind.TEXT, column.name.encode(), b"") for column in self.schema.columns]
        return b",".join(self._requoted(names, b"")) + b"\n"

    def encode(self, records: Records, null: bytes) -> Encoded:
        """The CSV lines of ``records``; ``null`` stands for NULL.

        Both ways give the same bytes; the plain one says why a record is rejected.
        """
        return self.encode_columns(records, null) or self.encode_rows(records, null)

    def encode_columns(self, records: Records, null: bytes) -> Encoded | None:
        """All records at once, column by column; None where any of them is not plainly good."""
        if self._decoder is None:
            return None
        try:
            structs = self._decoder.decode(b"[" + b",".join(records.raws) + b"]")
        except (msgspec.DecodeError, RecursionError):
            return None
        return self._encode_columns(structs, sum(map(len, records.raws)), records, null)

    def encode_lines(self, chunk: bytes, first_sequence: int, received_at: str, null: bytes) -> Encoded | None:
        """The same of a chunk of lines; None also where anything but records of this stream is in it."""
        records = None if self._lines is None else self._lines.read(chunk, first_sequence, received_at)
        return None if records is None else self._encode_columns(records.structs, records.length, records, null)

    def _encode_columns(
        self, structs: list[msgspec.Struct], length: int, records: Records | PlainRecords, null: bytes
    ) -> Encoded | None:
        if not self._own:
            return None
        try:
            columns = self._columns(structs, length)
            if columns is None:
                return None
            columns += map(Texts.of, self._metadata(records))
            encoded = [encoder.encode(texts, null) for encoder, texts in zip(self._encoders, columns, strict=True)]
        except (msgspec.DecodeError, RejectedError, RecursionError):
            return None
        rows = list(map(b",".join, zip(*(self._requoted(cells, null) for cells, _ in encoded), strict=True)))
        if self._limits.row_bytes is not None and max(map(len, rows)) > self._limits.row_bytes:
            return None
        csv = b"\n".join(rows) + b"\n"
        text = cell(ColumnKind.TEXT, null, b"")
        if (self._requote or text in csv) and any(text in cells for cells, _ in encoded):
            return None
        return Encoded(len(rows), csv, len(rows), [longest for _, longest in encoded])

    def encode_rows(self, records: Records, null: bytes) -> Encoded:
        """Record by record: each is a row, or rejected with its reason, or the reason to stop."""
        result = Encoded(longest=[0] * len(self.schema.columns))
        rows: list[bytes] = []
        metadata = list(zip(*self._metadata(records), strict=True)) or [()] * len(records)
        for index, raw in enumerate(map(bytes, records.raws)):
            try:
                fields = self._fields(raw)
                if new := self._new_columns(fields):
                    result.new_columns = new
                    break
                raws = [fields.get(column.name, b"") for column in self._own]
                values = [
                    encoder.value(raw) for encoder, raw in zip(self._encoders, (*raws, *metadata[index]), strict=True)
                ]
                self._require_keys(values)
                if any(content == null for content in values):
                    result.null_is_taken = True
                    break
                rows.append(self._row(values, null))
            except RejectedError as error:
                result.rejected.append((index, str(error)))
            else:
                result.longest = list(map(max, result.longest, (len(content or b"") for content in values)))
            result.consumed = index + 1
        result.rows = len(rows)
        result.csv = b"".join(row + b"\n" for row in rows)
        return result

    def _columns(self, structs: list[msgspec.Struct], length: int) -> list[Texts] | None:
        """The JSON texts column by column; None if a key is missing, or the records are not written compactly.

        The length of a compactly written record follows from its fields: a record that is longer may have a key twice,
        of which the decoder kept one.
        """
        columns = []
        expected = len(structs)  # two braces, and one comma less than fields
        for column, key, raws in zip(
            self._own,
            self._key_lengths,
            zip(*map(msgspec.structs.astuple, structs), strict=True),
            strict=True,
        ):
            joined = b"\n".join(raws)
            texts = joined.split(b"\n")
            if len(texts) != len(structs):  # a newline inside JSON, which no line of the input has
                return None
            absent = texts.count(b"")
            expected += len(joined) - len(structs) + 1 + (len(texts) - absent) * field_length(key)
            if absent:
                texts = [text or b"null" for text in texts]
                joined = b"\n".join(texts)
            if not column.nullable and b"null" in joined and b"null" in texts:
                return None
            columns.append(Texts(texts, joined))
        return columns if expected == length else None

    def _metadata(self, records: Records | PlainRecords) -> list[list[bytes]]:
        """The JSON texts of the columns that are ours."""
        return [self._texts(column.name, records) for column in self._ours]

    def _texts(self, name: str, records: Records | PlainRecords) -> list[bytes]:
        match name:
            case "_sdc_extracted_at":
                return _stated(records.extracted)
            case "_sdc_received_at":
                return [b'"%b"' % records.received_at.encode()] * len(records)
            case "_sdc_sequence":
                return [b"%d" % sequence for sequence in records.sequences]
            case "_sdc_table_version":
                return _stated(records.versions)
            case _:
                return [self._run_id] * len(records)

    def _fields(self, raw: bytes) -> dict[str, bytes]:
        """The record's fields by name, as JSON text."""
        try:
            fields = {name: bytes(text) for name, text in _FIELDS.decode(raw).items()}
            is_repeated = has_repeated_key(raw, fields)
        except msgspec.ValidationError:
            raise RejectedError("the record is not an object") from None
        except RecursionError:
            raise RejectedError("the record is nested too deeply to be read") from None
        if is_repeated:
            raise RejectedError("the record has the same key twice")
        return fields

    def _new_columns(self, fields: dict[str, bytes]) -> list[Column]:
        """Columns for the fields that the stream has not; a field that is null says nothing yet."""
        unknown = [(name, raw) for name, raw in fields.items() if name not in self._names and raw != b"null"]
        if unknown and not self._evolve:
            raise RejectedError(f"{unknown[0][0]}: the SCHEMA has no such field")
        return [Column(name, infer_kind(raw)) for name, raw in unknown]

    def _require_keys(self, values: list[bytes | None]) -> None:
        for column, content in zip(self.schema.columns, values, strict=True):
            if content is None and not column.nullable:
                raise RejectedError(f"{column.name}: the key is missing or null")

    def _row(self, values: list[bytes | None], null: bytes) -> bytes:
        cells = [cell(column.kind, content, null) for column, content in zip(self.schema.columns, values, strict=True)]
        row = b",".join(self._requoted(cells, null))
        if self._limits.row_bytes is not None and len(row) > self._limits.row_bytes:
            raise RejectedError(f"the row has {len(row)} bytes; the destination takes {self._limits.row_bytes}")
        return row

    def _requoted(self, cells: list[bytes], null: bytes) -> list[bytes]:
        return cells if self._requote is None else [self._requote(each, null) for each in cells]


def _record_of(columns: Sequence[Column]) -> type[msgspec.Struct] | None:
    """What a plainly good record is decoded as, made from the SCHEMA; None if msgspec takes none of these names."""
    if not all(is_plain(column.name) for column in columns):
        return None
    fields = {f"f{index}": column.name for index, column in enumerate(columns)}
    raws = [(name, msgspec.Raw, _ABSENT) for name in fields]
    return msgspec.defstruct("Record", raws, rename=fields, gc=False, forbid_unknown_fields=True)


def _stated(texts: Sequence[msgspec.Raw]) -> list[bytes]:
    """JSON texts, null for those that are empty."""
    return [bytes(text) or b"null" for text in texts] if any(texts) else [b"null"] * len(texts)
