"""CSV, delimited and fixed-width files as rows for PostgreSQL."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from dif_sandbox.redshift.load._encode_columns import ColumnEncoder
from dif_sandbox.redshift.load._errors import LoadError, load_error
from dif_sandbox.redshift.load._formats import Piece
from dif_sandbox.redshift.load._records import Batch, delimiter, read_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_sandbox.redshift.load._columns import Column
    from dif_sandbox.redshift.load._encode import Refused
    from dif_sandbox.redshift.sql import Options

__all__ = ["TextRows"]


class TextRows:
    """The format of CSV, DELIMITER and FIXEDWIDTH."""

    def __init__(self, columns: Sequence[Column], options: Options) -> None:
        self._columns, self._options = columns, options
        self._encoder = ColumnEncoder(columns, options)
        self._separator = delimiter(options.get("DELIMITER", "," if "CSV" in options else "|"))

    def read(self, stream: IO[bytes], url: str) -> Iterator[Piece]:
        """The rows of one file."""
        header = int(self._options.get("IGNOREHEADER", 0))
        for batch in read_batches(stream, self._options):
            batch.drop_lines(header)
            encoded = self._encoder.encode(batch)
            errors = [load_error(url, line, error, "") for line, error in batch.bad]
            errors += [self._refused(url, batch, refused) for refused in encoded.refused]
            yield Piece(encoded.data, encoded.loaded, sorted(errors, key=lambda error: error.line))

    def _refused(self, url: str, batch: Batch, refused: Refused) -> LoadError:
        row, at = batch.rows[refused.row], refused.column
        raw = self._separator.join(row)
        if at is None:
            return load_error(url, batch.line(refused.row), refused.error, raw)
        return load_error(url, batch.line(refused.row), refused.error, raw, column=self._columns[at], raw_value=row[at])
