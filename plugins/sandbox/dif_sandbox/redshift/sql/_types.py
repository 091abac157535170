"""Redshift's column types as PostgreSQL's.

Source: developer guide, c_Supported_data_types and its pages per type; c_unsupported-postgresql-datatypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INVALID_PARAMETER, UNDEFINED_OBJECT, RedshiftError
from dif_sandbox.redshift.sql._tokens import Cursor, Kind, Token
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ColumnType", "column_type", "take_type"]

MAX_VARCHAR = 65535  # r_Character_types: bytes, as is CHAR's
MAX_CHAR = 4096
DEFAULT_VARCHAR = 256  # of a column; a cast to bare VARCHAR keeps the value's length
MAX_PRECISION = 38  # r_Numeric_types201

PLAIN = {
    "SMALLINT": "smallint",
    "INT2": "smallint",
    "INTEGER": "integer",
    "INT": "integer",
    "INT4": "integer",
    "BIGINT": "bigint",
    "INT8": "bigint",
    "REAL": "real",
    "FLOAT4": "real",
    "FLOAT": "double precision",
    "FLOAT8": "double precision",
    "DOUBLE PRECISION": "double precision",
    "BOOLEAN": "boolean",
    "BOOL": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIME WITHOUT TIME ZONE": "time",
    "TIMETZ": "timetz",
    "TIME WITH TIME ZONE": "timetz",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITHOUT TIME ZONE": "timestamp",
    "TIMESTAMPTZ": "timestamptz",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "SUPER": "jsonb",
    "VARBYTE": "bytea",
    "VARBINARY": "bytea",
    "BINARY VARYING": "bytea",
}
VARCHAR = frozenset({"VARCHAR", "NVARCHAR", "CHARACTER VARYING", "TEXT"})
CHAR = frozenset({"CHAR", "CHARACTER", "NCHAR", "BPCHAR"})
NUMERIC = frozenset({"NUMERIC", "DECIMAL", "DEC"})
POSTGRES_ONLY = words(
    "BIGSERIAL BIT BOX BYTEA CIDR CIRCLE CITEXT DATERANGE ENUM HSTORE INET INT4RANGE INT8RANGE JSON JSONB LINE LSEG"
    " MACADDR MONEY NUMRANGE OIDVECTOR PATH POINT POLYGON SERIAL SERIAL4 SERIAL8 SMALLSERIAL TSQUERY TSRANGE TSTZRANGE"
    " TSVECTOR TXID_SNAPSHOT UUID VARBIT XML"
)
NOT_IN_SANDBOX = frozenset({"GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "INTERVAL"})
FOLLOWERS = {
    "CHARACTER": ("VARYING",),
    "BINARY": ("VARYING",),
    "DOUBLE": ("PRECISION",),
    "TIMESTAMP": ("WITH", "WITHOUT", "TIME", "ZONE"),
    "TIME": ("WITH", "WITHOUT", "TIME", "ZONE"),
}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type: PostgreSQL's spelling, and the most bytes a text may have."""

    postgres: str
    max_bytes: int | None = None


def take_type(cursor: Cursor) -> Sequence[Token]:
    """Take the tokens of a type, maybe of several words, maybe with arguments."""
    start = cursor.at
    first = cursor.next()
    while cursor.key() in FOLLOWERS.get(first.key, ()):
        cursor.next()
    if cursor.key() == "(":
        cursor.parenthesised()
        if cursor.key() in ("WITH", "WITHOUT"):  # timestamp(6) with time zone
            cursor.at += 3
    if cursor.key() == "[":
        raise RedshiftError("array types are not supported", FEATURE_NOT_SUPPORTED)
    return cursor.tokens[start : cursor.at]


def column_type(tokens: Sequence[Token], column: str = "") -> ColumnType:
    """The type that the tokens of `take_type` mean for a column.

    Raises:
        RedshiftError: Redshift has no such type, or not that large.
    """
    name, arguments = _parse(tokens)
    if name.split()[0] in POSTGRES_ONLY:
        owner = f'Column "{column}"' if column else "The expression"
        raise RedshiftError(f'{owner} has unsupported type "{name.lower()}".', FEATURE_NOT_SUPPORTED)
    if name.split()[0] in NOT_IN_SANDBOX:
        raise RedshiftError(f"the sandbox has no {name}", FEATURE_NOT_SUPPORTED)
    if name in VARCHAR:
        return _text("varchar", DEFAULT_VARCHAR, [] if name == "TEXT" else arguments, MAX_VARCHAR)
    if name in CHAR:
        return _text("char", DEFAULT_VARCHAR if name == "BPCHAR" else 1, arguments, MAX_CHAR)
    if name in NUMERIC:
        return _numeric(arguments)
    if name in PLAIN:
        return ColumnType(PLAIN[name])
    raise RedshiftError(f'type "{name.lower()}" does not exist', UNDEFINED_OBJECT)


def _parse(tokens: Sequence[Token]) -> tuple[str, list[str]]:
    words: list[str] = []
    arguments: list[str] = []
    depth = 0
    for token in tokens:
        depth += (token.key == "(") - (token.key == ")")
        if token.key in ("(", ")", ","):
            continue
        (arguments if depth else words).append(token.text.upper())
    if tokens[0].kind is Kind.QUOTED:
        raise RedshiftError(f'type "{tokens[0].text}" does not exist', UNDEFINED_OBJECT)
    return " ".join(words), arguments


def _text(name: str, default: int, arguments: list[str], largest: int) -> ColumnType:
    length = default
    if arguments:
        length = largest if arguments[0] == "MAX" else int(arguments[0])
    if not 1 <= length <= largest:
        message = f"Column length exceeds maximum allowed (maximum column length is {largest})"
        raise RedshiftError(message, INVALID_PARAMETER)
    return ColumnType(f"{name}({length})", length)


def _numeric(arguments: list[str]) -> ColumnType:
    precision, scale = (int(argument) for argument in ([*arguments, "0"][:2] if arguments else ("18", "0")))
    if not 1 <= precision <= MAX_PRECISION:
        raise RedshiftError(f"NUMERIC precision {precision} must be between 1 and {MAX_PRECISION}", INVALID_PARAMETER)
    if not 0 <= scale <= precision:
        raise RedshiftError(f"NUMERIC scale {scale} must be between 0 and precision {precision}", INVALID_PARAMETER)
    return ColumnType(f"numeric({precision},{scale})")
