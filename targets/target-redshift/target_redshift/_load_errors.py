"""Why COPY refused a file, in the warehouse's own words: file, line, column, reason, and the shape of the value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from target_redshift._failures import ConnectionLost, Refused
from target_redshift._sql import statement

if TYPE_CHECKING:
    from target_redshift._connection import Warehouse

__all__ = ["LoadError", "find_load_error", "shape"]

LONGEST_SHAPE: Final = 40
_VIEWS: Final = ("find_load_errors", "find_load_error_detail")


@dataclass(frozen=True, slots=True)
class LoadError:
    """One refused value. ``shape`` stands for it, as `shape` gives it; None where the warehouse does not keep it."""

    file: str
    line: int
    column: str
    type: str
    length: str
    reason: str
    shape: str | None

    def __str__(self) -> str:
        type_ = f"{self.type}({self.length})" if self.length and self.length != "0" else self.type
        value = "" if self.shape is None else f"; the value looks like {self.shape}"
        return f"{self.file} line {self.line}, column {self.column!r} {type_}: {self.reason}{value}"


def find_load_error(warehouse: Warehouse, folder_url: str) -> LoadError | None:
    """The first thing that made this session's last COPY fail, if it was a value in a file below ``folder_url``."""
    for view in _VIEWS:
        try:
            rows = warehouse.query(statement(view))
        except (Refused, ConnectionLost):
            continue  # this kind of warehouse has not this view, or the session is gone: the COPY's own error remains
        for row in rows:
            file, line, column, type_, length, reason, *value = (
                field.strip() if isinstance(field, str) else field for field in row
            )
            if file.startswith(folder_url[: len(file)]):
                return LoadError(
                    file, int(line), column, type_, str(length or ""), reason, shape(value[0]) if value else None
                )
    return None


def shape(value: str) -> str:
    """A value without its content: letters become a, digits 9, the rest stays; for messages that others may read."""
    masked = "".join("a" if char.isalpha() else "9" if char.isdigit() else char for char in value[:LONGEST_SHAPE])
    more = f"... ({len(value)} characters)" if len(value) > LONGEST_SHAPE else ""
    return f"{masked!r}{more}"
