"""Errors of single rows: what stl_load_errors and sys_load_error_detail tell.

Source: developer guide, r_Load_Error_Reference (codes), r_STL_LOAD_ERRORS (columns, widths).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dif_sandbox.redshift.load._columns import Column

__all__ = [
    "BAD_LINE",
    "BAD_SUPER",
    "EXTRA_COLUMNS",
    "MISSING_NOT_NULL",
    "NO_DELIMITER",
    "OUT_OF_RANGE",
    "BadFileError",
    "LoadError",
    "RowError",
    "load_error",
]

UNKNOWN = 1200
EXTRA_COLUMNS = 1202
OUT_OF_RANGE = 1204
BAD_DATE = 1205
BAD_TIMESTAMP = 1206
BAD_DIGIT = 1207
BAD_FLOAT = 1208
BAD_DECIMAL = 1209
BAD_BOOLEAN = 1210
MISSING_NOT_NULL = 1213
NO_DELIMITER = 1214
BAD_CHAR = 1215
BAD_LINE = 1216
BAD_NUL = 1218
BAD_UTF8 = 1220
INTEGER_OVERFLOW = 1222
BAD_SUPER = 1224
SHOWN_CHARACTERS = 1024  # r_STL_LOAD_ERRORS: raw_line, raw_field_value
REASON_CHARACTERS = 100  # err_reason


class RowError(Exception):
    """A row that cannot be loaded; the other rows go on."""

    def __init__(self, code: int, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


class BadFileError(Exception):
    """A file from which nothing more can be read."""


@dataclass(frozen=True, slots=True)
class LoadError:
    """One line of stl_load_errors."""

    filename: str
    line: int
    column: str
    type: str
    length: str
    position: int
    raw_line: str
    raw_value: str
    code: int
    reason: str


def load_error(
    url: str, line: int, error: RowError, raw_line: str, *, column: Column | None = None, raw_value: str = ""
) -> LoadError:
    """The line that the system tables show for a row."""
    return LoadError(
        filename=url,
        line=line,
        column=column.name if column else "",
        type=column.redshift_type if column else "",
        length=str(column.max_bytes or "") if column else "",
        position=error.position,
        raw_line=_shown(raw_line),
        raw_value=_shown(raw_value),
        code=error.code,
        reason=_shown(error.reason, REASON_CHARACTERS),
    )


def _shown(text: str, characters: int = SHOWN_CHARACTERS) -> str:
    return text[:characters].encode("utf8", "replace").decode().replace("\0", " ")
