"""One value of a file as one value of a column, in the text form of PostgreSQL's COPY.

Source: developer guide, copy-parameters-data-conversion (what is null, cut, rounded, trimmed), r_Load_Error_Reference
(codes), r_DATEFORMAT_and_TIMEFORMAT_strings, automatic-recognition, r_SUPER_type. The wording of reasons follows
published excerpts of stl_load_errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, TypeAlias

from dif_sandbox.redshift.load import _errors as codes
from dif_sandbox.redshift.load._errors import RowError
from dif_sandbox.redshift.load._json_text import check_json
from dif_sandbox.redshift.load._time_formats import DATE_LENGTH, ISO_TIME, is_date, pattern_reader

if TYPE_CHECKING:
    from dif_sandbox.redshift.load._columns import Column
    from dif_sandbox.redshift.sql import Options

__all__ = ["FALSE", "NULL", "TRUE", "Convert", "converter", "decimal_form", "escape"]

Convert: TypeAlias = Callable[[str], "str | None"]
"""A field's text to COPY text, None for null; raises RowError."""

NULL = r"\N"
DIGITS = re.compile(r"\s*[+-]?[0-9]+\s*")
FLOAT = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
DECIMAL = FLOAT
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")
TIMESTAMPTZ = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:?\d\d)?)?")
TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d(:?\d\d)?)?")
ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
EXACT_TIME = re.compile(ISO_TIME, re.ASCII)
BAD_BYTES = re.compile("[\udc80-\udcff]+")  # what surrogateescape makes of bytes that are no UTF-8
SPECIAL = re.compile(r"[\\\t\n\r]")
SPECIALS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
INTEGERS = {
    "int2": ("SMALLINT", "Short", 1 << 15),
    "int4": ("INTEGER", "Integer", 1 << 31),
    "int8": ("BIGINT", "Long", 1 << 63),
}
TRUE = frozenset({"t", "true", "y", "yes", "1"})
FALSE = frozenset({"f", "false", "n", "no", "0"})
MAX_FLOAT4 = 3.4028235677973366e38
WIDEST_DECIMAL = 80  # digits: more than any input that can pass


def escape(text: str) -> str:
    """A text for PostgreSQL's COPY."""
    return text.translate(SPECIALS) if SPECIAL.search(text) else text


def converter(column: Column, options: Options) -> Convert:
    """The conversion of one column under a COPY's options."""
    return _CONVERTERS.get(column.type, _text)(column, options)


def decimal_form(precision: int, scale: int) -> str:
    """The expression of decimals that fit NUMERIC(precision, scale) as they are."""
    fraction = rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
    return rf"-?[0-9]{{1,{max(1, precision - scale)}}}{fraction}" if precision > scale else r"-?0\.0"


def _text(column: Column, options: Options) -> Convert:
    limit, char = column.max_bytes, column.type == "bpchar"
    replacement = None if char else options.get("ACCEPTINVCHARS")
    empty_is_null, blank_is_null = "EMPTYASNULL" in options, "BLANKSASNULL" in options
    trim, truncate = "TRIMBLANKS" in options, "TRUNCATECOLUMNS" in options

    def convert(text: str) -> str | None:
        if not text:
            return None if empty_is_null else ""
        if blank_is_null and text.isspace():
            return None
        text = _clean(text, replacement)
        if trim:
            text = text.rstrip(" ")
        if char and not text.isascii():
            raise RowError(codes.BAD_CHAR, "CHAR string contains invalid ASCII character")
        if limit is not None and (len(text) > limit or (not text.isascii() and len(text.encode()) > limit)):
            if not truncate:
                raise RowError(codes.OUT_OF_RANGE, "String length exceeds DDL length")
            text = text.encode()[:limit].decode("utf8", "ignore")
        return escape(text)

    return convert


def _clean(text: str, replacement: str | None) -> str:
    if "\0" in text:
        raise RowError(codes.BAD_NUL, "Invalid null byte - field longer than 1 byte")
    bad = BAD_BYTES.search(text)
    if not bad:
        return text
    if replacement is None:
        sequence = " ".join(f"{ord(character) - 0xDC00:02x}" for character in bad.group()[:4])
        reason = "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: "
        raise RowError(codes.BAD_UTF8, f"{reason}{sequence} (error 4)")
    return BAD_BYTES.sub(lambda found: replacement * len(found.group()), text)


def _integer(column: Column, _options: Options) -> Convert:
    name, short, limit = INTEGERS[column.type]

    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        if not DIGITS.fullmatch(text):
            at = next((at for at, c in enumerate(text) if not (c in "0123456789" or (at == 0 and c in "+- "))), 0)
            raise RowError(codes.BAD_DIGIT, f"Invalid digit, Value '{text[at]}', Pos {at}, Type: {short} ", at)
        if not -limit <= int(text) < limit:
            raise RowError(codes.INTEGER_OVERFLOW, f"Overflow for {name}")
        return text.strip()

    return convert


def _decimal(column: Column, options: Options) -> Convert:
    whole = column.precision - column.scale
    step = Decimal(1).scaleb(-column.scale)
    rounding = ROUND_HALF_UP if "ROUNDEC" in options else ROUND_DOWN  # COPY cuts, ROUNDEC rounds
    bounded = column.precision > 0
    exact = re.compile(decimal_form(column.precision, column.scale), re.ASCII)

    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        if bounded and exact.fullmatch(text):
            return text
        if not DECIMAL.fullmatch(text):
            raise RowError(codes.BAD_DECIMAL, f"Invalid digit, Value '{text[0]}', Pos 0, Type: Decimal ")
        try:
            value = Decimal(text.strip())
        except InvalidOperation as error:
            raise RowError(codes.BAD_DECIMAL, "Invalid decimal") from error
        if not bounded:
            return text.strip()
        if value and value.adjusted() >= whole:
            raise RowError(codes.OUT_OF_RANGE, "Numeric data overflow (result precision)")
        with localcontext() as context:
            context.prec = WIDEST_DECIMAL
            rounded = value.quantize(step, rounding=rounding)
        if rounded and rounded.adjusted() >= whole:
            raise RowError(codes.OUT_OF_RANGE, "Numeric data overflow (result precision)")
        return format(rounded, "f")

    return convert


def _float(column: Column, _options: Options) -> Convert:
    limit = MAX_FLOAT4 if column.type == "float4" else float("inf")

    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        if not FLOAT.fullmatch(text):
            raise RowError(codes.BAD_FLOAT, f"Invalid digit, Value '{text[0]}', Pos 0, Type: Double ")
        value = abs(float(text))
        if value >= limit:
            raise RowError(codes.OUT_OF_RANGE, "Float data out of range")
        if value == 0 and not re.fullmatch(r"\s*[+-]?0*\.?0*([eE].*)?\s*", text):
            return "0"  # smaller than the smallest double
        return text.strip()

    return convert


def _boolean(_column: Column, _options: Options) -> Convert:
    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        value = text.strip().lower()
        if value in TRUE:
            return "t"
        if value in FALSE:
            return "f"
        raise RowError(codes.BAD_BOOLEAN, "Unknown boolean format")

    return convert


def _date(_column: Column, options: Options) -> Convert:
    pattern = options.get("DATEFORMAT", "YYYY-MM-DD")
    read = pattern_reader(pattern) if pattern != "auto" else None
    any_date = "ACCEPTANYDATE" in options

    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        try:
            if ISO_DATE.match(text) and (read is None or pattern == "YYYY-MM-DD"):
                return date.fromisoformat(text[:DATE_LENGTH]).isoformat()
            if read is not None:
                return read(text.strip()).date().isoformat()
            return _recognised(text).date().isoformat()
        except ValueError as error:
            if any_date:
                return None
            short = len(text) < DATE_LENGTH
            reason = "Invalid Date Format - length must be 10 or more" if short else "Date format is invalid"
            raise RowError(codes.BAD_DATE, reason) from error

    return convert


def _timestamp(column: Column, options: Options) -> Convert:
    zoned = column.type == "timestamptz"
    read = _timestamp_reader(options.get("TIMEFORMAT"), zoned=zoned)
    any_date = "ACCEPTANYDATE" in options

    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        try:
            return read(text)
        except (ValueError, OverflowError, OSError) as error:
            if any_date:
                return None
            form = "YYYY-MM-DD HH24:MI:SS" + ("OF" if zoned else "")
            raise RowError(codes.BAD_TIMESTAMP, f"Invalid timestamp format or value [{form}]") from error

    return convert


def _timestamp_reader(form: str | None, *, zoned: bool) -> Callable[[str], str]:
    def shown(value: datetime) -> str:
        if not zoned:
            return value.replace(tzinfo=None).isoformat(" ")
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat(" ")

    if form in ("epochsecs", "epochmillisecs"):
        units = 1000 if form == "epochmillisecs" else 1
        return lambda text: shown(datetime.fromtimestamp(int(text) / units, UTC))
    if form == "auto":
        return lambda text: text if _needs_nothing(text) else shown(_recognised(text))
    if form is not None:
        read_pattern = pattern_reader(form)
        return lambda text: shown(read_pattern(text.strip()))

    def read(text: str) -> str:
        if ISO_DATE.fullmatch(text):
            text += " 00:00:00"
        if not (TIMESTAMPTZ if zoned else TIMESTAMP).fullmatch(text):
            raise ValueError(text)
        datetime.fromisoformat(text[:19])  # YYYY-MM-DD HH:MI:SS: is there such a time?
        return text

    return read


def _needs_nothing(text: str) -> bool:
    return EXACT_TIME.fullmatch(text) is not None and is_date(text[:DATE_LENGTH])


def _recognised(text: str) -> datetime:
    """'auto' as far as it goes here: ISO 8601 and its relatives with blanks and slashes."""
    return datetime.fromisoformat(text.strip().replace("/", "-"))


def _time(_column: Column, _options: Options) -> Convert:
    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        if not TIME.fullmatch(text.strip()):
            raise RowError(codes.BAD_TIMESTAMP, "Invalid time format or value")
        return text.strip()

    return convert


def _super(_column: Column, _options: Options) -> Convert:
    def convert(text: str) -> str | None:
        if not text or text.isspace():
            return None
        check_json(text)
        return escape(text)

    return convert


def _varbyte(_column: Column, _options: Options) -> Convert:
    """VARBYTE reads hexadecimal digits (copy-usage-varbyte)."""

    def convert(text: str) -> str | None:
        if not text:
            return None
        try:
            return escape("\\x" + bytes.fromhex(text).hex())
        except ValueError as error:
            raise RowError(codes.UNKNOWN, "Invalid hexadecimal string for VARBYTE") from error

    return convert


_CONVERTERS: dict[str, Callable[[Column, Options], Convert]] = {
    "bool": _boolean,
    "bytea": _varbyte,
    "date": _date,
    "float4": _float,
    "float8": _float,
    "int2": _integer,
    "int4": _integer,
    "int8": _integer,
    "jsonb": _super,
    "numeric": _decimal,
    "time": _time,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
    "timetz": _time,
}
