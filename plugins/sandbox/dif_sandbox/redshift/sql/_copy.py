"""COPY and UNLOAD: their forms and options.

Source: developer guide, r_COPY and its copy-parameters-* pages, copy-usage_notes-copy-from-columnar, r_UNLOAD.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INVALID_PARAMETER, RedshiftError, syntax_error
from dif_sandbox.redshift.sql._plan import CopyStatement, Local, Options, Plan, UnloadStatement
from dif_sandbox.redshift.sql._query import Scope, rewrite
from dif_sandbox.redshift.sql._tokens import Cursor, Kind, Statement, split
from dif_sandbox.redshift.sql._words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["plan_copy", "plan_unload"]


class Shape(Enum):
    """What follows an option's name."""

    NOTHING = auto()
    VALUE = auto()  # [AS] value
    MAYBE_TEXT = auto()  # [AS] 'text', or nothing
    SWITCH = auto()  # ON, OFF and the like, or nothing


COPY_OPTIONS: Mapping[str, tuple[Shape, str]] = {  # name: what follows, the page that says so
    "ACCEPTANYDATE": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "ACCEPTINVCHARS": (Shape.MAYBE_TEXT, "copy-parameters-data-conversion"),
    "ACCESS_KEY_ID": (Shape.VALUE, "copy-parameters-authorization"),
    "AVRO": (Shape.MAYBE_TEXT, "copy-parameters-data-format"),
    "BLANKSASNULL": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "BZIP2": (Shape.NOTHING, "copy-parameters-file-compression"),
    "COMPROWS": (Shape.VALUE, "copy-parameters-data-load"),
    "COMPUPDATE": (Shape.SWITCH, "copy-parameters-data-load"),
    "CREDENTIALS": (Shape.VALUE, "copy-parameters-authorization"),
    "CSV": (Shape.NOTHING, "copy-parameters-data-format"),
    "DATEFORMAT": (Shape.VALUE, "copy-parameters-data-conversion"),
    "DELIMITER": (Shape.VALUE, "copy-parameters-data-format"),
    "EMPTYASNULL": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "ENCODING": (Shape.VALUE, "copy-parameters-data-conversion"),
    "ENCRYPTED": (Shape.NOTHING, "copy-parameters-data-source-s3"),
    "ESCAPE": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "EXPLICIT_IDS": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "FILLRECORD": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "FIXEDWIDTH": (Shape.VALUE, "copy-parameters-data-format"),
    "GZIP": (Shape.NOTHING, "copy-parameters-file-compression"),
    "IAM_ROLE": (Shape.VALUE, "copy-parameters-authorization"),
    "IGNOREALLERRORS": (Shape.NOTHING, "copy-parameters-data-load"),
    "IGNOREBLANKLINES": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "IGNOREHEADER": (Shape.VALUE, "copy-parameters-data-conversion"),
    "JSON": (Shape.MAYBE_TEXT, "copy-parameters-data-format"),
    "LZOP": (Shape.NOTHING, "copy-parameters-file-compression"),
    "MANIFEST": (Shape.NOTHING, "copy-parameters-data-source-s3"),
    "MASTER_SYMMETRIC_KEY": (Shape.VALUE, "copy-parameters-data-source-s3"),
    "MAXERROR": (Shape.VALUE, "copy-parameters-data-load"),
    "NOLOAD": (Shape.NOTHING, "copy-parameters-data-load"),
    "NULL": (Shape.VALUE, "copy-parameters-data-conversion"),
    "ORC": (Shape.NOTHING, "copy-parameters-data-format"),
    "PARQUET": (Shape.NOTHING, "copy-parameters-data-format"),
    "QUOTE": (Shape.VALUE, "copy-parameters-data-format"),
    "READRATIO": (Shape.VALUE, "copy-parameters-data-source-dynamodb"),
    "REGION": (Shape.VALUE, "copy-parameters-data-source-s3"),
    "REMOVEQUOTES": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "ROUNDEC": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "SECRET_ACCESS_KEY": (Shape.VALUE, "copy-parameters-authorization"),
    "SERIALIZETOJSON": (Shape.NOTHING, "ingest-super"),
    "SESSION_TOKEN": (Shape.VALUE, "copy-parameters-authorization"),
    "STATUPDATE": (Shape.SWITCH, "copy-parameters-data-load"),
    "TIMEFORMAT": (Shape.VALUE, "copy-parameters-data-conversion"),
    "TRIMBLANKS": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "TRUNCATECOLUMNS": (Shape.NOTHING, "copy-parameters-data-conversion"),
    "ZSTD": (Shape.NOTHING, "copy-parameters-file-compression"),
}
UNLOAD_ONLY: Mapping[str, tuple[Shape, str]] = {
    name: (shape, "r_UNLOAD")
    for name, shape in {
        "ADDQUOTES": Shape.NOTHING,
        "ALLOWOVERWRITE": Shape.NOTHING,
        "CLEANPATH": Shape.NOTHING,
        "EXTENSION": Shape.VALUE,
        "HEADER": Shape.NOTHING,
        "KMS_KEY_ID": Shape.VALUE,
        "MAXFILESIZE": Shape.VALUE,
        "PARALLEL": Shape.SWITCH,
        "ROWGROUPSIZE": Shape.VALUE,
    }.items()
}
UNLOAD_SHARED = words(
    "ACCESS_KEY_ID BZIP2 CREDENTIALS CSV DELIMITER ENCRYPTED ESCAPE FIXEDWIDTH GZIP IAM_ROLE JSON MANIFEST NULL PARQUET"
    " REGION SECRET_ACCESS_KEY SESSION_TOKEN ZSTD"
)
UNLOAD_OPTIONS = {**UNLOAD_ONLY, **{name: COPY_OPTIONS[name] for name in UNLOAD_SHARED}}

SWITCH_VALUES = frozenset({"ON", "OFF", "TRUE", "FALSE", "PRESET"})
CONFLICTS = (  # options that exclude each other, and the page that says so
    (("CSV",), ("ESCAPE", "REMOVEQUOTES", "FIXEDWIDTH"), "copy-parameters-data-format"),
    (("FIXEDWIDTH",), ("DELIMITER", "ESCAPE", "REMOVEQUOTES"), "copy-parameters-data-format"),
    (("IGNOREALLERRORS",), ("MAXERROR",), "copy-parameters-data-load"),
    (("JSON",), ("CSV", "DELIMITER", "ESCAPE", "FIXEDWIDTH", "REMOVEQUOTES"), "copy-parameters-data-format"),
    (("GZIP",), ("BZIP2", "LZOP", "ZSTD"), "copy-parameters-file-compression"),
    (("BZIP2",), ("LZOP", "ZSTD"), "copy-parameters-file-compression"),
    (("LZOP",), ("ZSTD",), "copy-parameters-file-compression"),
)
COLUMNAR_OPTIONS = words(  # copy-usage_notes-copy-from-columnar; SERIALIZETOJSON: ingest-super
    "PARQUET ORC ACCEPTINVCHARS FILLRECORD IAM_ROLE CREDENTIALS STATUPDATE MANIFEST ACCESS_KEY_ID SECRET_ACCESS_KEY"
    " SESSION_TOKEN EXPLICIT_IDS SERIALIZETOJSON"
)
NOT_IN_SANDBOX = ("ORC", "AVRO", "LZOP", "ENCRYPTED", "READRATIO")
MAX_MAXERROR = 100_000  # copy-parameters-data-load


def plan_copy(statement: Statement, scope: Scope) -> Plan:
    """The plan of COPY table [(columns)] FROM 's3://...' options."""
    cursor = Cursor(statement.tokens[1:])
    table = scope.names.qualified(cursor.name())
    columns: tuple[str, ...] = ()
    if cursor.key() == "(":
        columns = tuple(scope.names.bare(token) for token in cursor.parenthesised() if token.is_name)
    hint = "COPY table FROM 's3://...': no STDIN, no TO"
    cursor.expect("FROM", hint=hint)
    if cursor.done or cursor.tokens[cursor.at].kind is not Kind.STRING:
        raise cursor.error(hint)
    source = cursor.next().text
    options = _options(cursor, COPY_OPTIONS)
    _check_copy(options)
    return Local("COPY", (CopyStatement(table, columns, source, options),), writes=table)


def plan_unload(statement: Statement, scope: Scope) -> Plan:
    """The plan of UNLOAD ('select') TO 's3://...' options."""
    cursor = Cursor(statement.tokens[1:])
    inner = cursor.parenthesised()
    if len(inner) != 1 or inner[0].kind is not Kind.STRING:
        raise syntax_error(inner[0].text if inner else ")", "UNLOAD ('select ...') TO 's3://...'")
    (query,) = split(inner[0].text)
    if query.tokens[0].key not in ("SELECT", "WITH", "("):
        raise RedshiftError("UNLOAD takes a SELECT", FEATURE_NOT_SUPPORTED)
    cursor.expect("TO")
    destination = cursor.next().text
    options = _options(cursor, UNLOAD_OPTIONS)
    _check_authorization(options)
    return Local("UNLOAD", (UnloadStatement(rewrite(query, scope), destination, options),))


def _options(cursor: Cursor, known: Mapping[str, tuple[Shape, str]]) -> Options:
    options: Options = {}
    while not cursor.done:
        if cursor.accept("FORMAT") or cursor.accept("WITH") or cursor.accept("AS"):
            continue
        name = cursor.key()
        if name not in known:
            raise cursor.error("no such option")
        cursor.next()
        if name in options:
            raise RedshiftError("conflicting or redundant options")
        options[name] = _value(cursor, name, known[name][0])
    return options


def _value(cursor: Cursor, name: str, shape: Shape) -> str:
    match shape:
        case Shape.NOTHING:
            if name == "MANIFEST":
                cursor.accept("VERBOSE")
            return ""
        case Shape.SWITCH:
            return cursor.next().key if cursor.key() in SWITCH_VALUES else "ON"
        case Shape.MAYBE_TEXT:
            cursor.accept("AS")
            if not cursor.done and cursor.tokens[cursor.at].kind is Kind.STRING:
                return cursor.next().text
            return "auto" if name == "JSON" else "?"
        case Shape.VALUE:
            cursor.accept("AS")
            value = cursor.next().text
            if name in ("MAXFILESIZE", "ROWGROUPSIZE") and cursor.key() in ("MB", "GB"):
                value += " " + cursor.next().key
            return value


def _check_copy(options: Options) -> None:
    for left, right, _page in CONFLICTS:
        both = [name for name in right if name in options]
        if both and any(name in options for name in left):
            raise RedshiftError(f"{left[0]} is not compatible with {both[0]}")
    if "QUOTE" in options and "CSV" not in options:
        raise RedshiftError("QUOTE can be used only with CSV")
    for name in ("MAXERROR", "IGNOREHEADER"):
        if name in options and not options[name].isdigit():
            raise RedshiftError(f"{name} takes a number", INVALID_PARAMETER)
    if int(options.get("MAXERROR", "0")) > MAX_MAXERROR:
        raise RedshiftError(f"MAXERROR must be between 0 and {MAX_MAXERROR}", INVALID_PARAMETER)
    _check_format(options)
    _check_authorization(options)


def _check_authorization(options: Options) -> None:
    if not any(name in options for name in ("IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID")):
        raise RedshiftError("S3 authorization is required: IAM_ROLE, CREDENTIALS or ACCESS_KEY_ID")


def _check_format(options: Options) -> None:
    columnar = next((name for name in ("PARQUET", "ORC") if name in options), None)
    if columnar:
        refused = sorted(set(options) - COLUMNAR_OPTIONS)
        if refused:
            message = f"{refused[0]} argument is not supported for {columnar} based COPY"
            raise RedshiftError(message, FEATURE_NOT_SUPPORTED)
    for name in NOT_IN_SANDBOX:
        if name in options:
            raise RedshiftError(f"the sandbox does not load {name}", FEATURE_NOT_SUPPORTED)
