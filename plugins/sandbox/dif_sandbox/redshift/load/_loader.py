"""COPY: files in, PostgreSQL COPY text out, errors counted against MAXERROR.

Source: developer guide, copy-parameters-data-load (MAXERROR, IGNOREALLERRORS, NOLOAD), r_STL_LOAD_ERRORS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import zstandard
from botocore.exceptions import BotoCoreError
from isal import isal_zlib

from dif_sandbox.redshift._errors import INTERNAL, RedshiftError
from dif_sandbox.redshift.load._columns import Column, chosen
from dif_sandbox.redshift.load._errors import BadFileError, LoadError
from dif_sandbox.redshift.load._json import JsonRows
from dif_sandbox.redshift.load._parquet import ParquetRows
from dif_sandbox.redshift.load._s3 import Buckets, list_files, open_file, s3_error
from dif_sandbox.redshift.load._text import TextRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_sandbox.redshift.load._formats import Format, Piece
    from dif_sandbox.redshift.sql import CopyStatement

__all__ = ["LoadedFile", "Loader"]

DAMAGED_GZIP = cast("type[Exception]", isal_zlib.error)  # typed as an instance


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """One line of stl_load_commits."""

    url: str
    lines: int
    errors: int
    size: int


class Loader:
    """One COPY. `chunks` is run once; what it counted stands in the attributes afterwards."""

    def __init__(self, buckets: Buckets, statement: CopyStatement, columns: Sequence[Column]) -> None:
        options = statement.options
        self._statement, self._options = statement, options
        self._client = buckets.client(options)
        explicit = "EXPLICIT_IDS" in options
        self.columns = chosen(columns, statement.columns, statement.table, explicit_ids=explicit)
        self._max_errors = max(1, int(options.get("MAXERROR", 0)))
        self.loaded = 0
        self.errors: list[LoadError] = []
        self.files: list[LoadedFile] = []

    def chunks(self) -> Iterator[bytes]:
        """COPY text, a few hundred kilobytes at a time.

        Raises:
            RedshiftError: Too many errors, or a file that cannot be read.
        """
        reader = self._reader()
        for file in list_files(self._client, self._statement.source, self._options):
            loaded, errors = self.loaded, len(self.errors)
            try:
                with open_file(self._client, file, self._options) as stream:
                    yield from self._pieces(reader.read(stream, file.url))
            except (OSError, EOFError, DAMAGED_GZIP, zstandard.ZstdError, BadFileError) as error:
                raise RedshiftError(f"Problem reading {file.url}: {error}", INTERNAL) from error
            except BotoCoreError as error:
                raise s3_error(error, file.url) from error
            failed = len(self.errors) - errors
            self.files.append(LoadedFile(file.url, self.loaded - loaded + failed, failed, file.size))

    def _pieces(self, pieces: Iterator[Piece]) -> Iterator[bytes]:
        for piece in pieces:
            for error in piece.errors:
                self.errors.append(error)
                if len(self.errors) >= self._max_errors and "IGNOREALLERRORS" not in self._options:
                    table = self._statement.table.split(".")[-1].strip('"')
                    message = f"Load into table '{table}' failed.  Check 'stl_load_errors' system table for details."
                    raise RedshiftError(message, INTERNAL)
            self.loaded += piece.loaded
            if piece.data:
                yield piece.data

    def _reader(self) -> Format:
        if "PARQUET" in self._options:
            return ParquetRows(self.columns, self._options)
        if "JSON" in self._options:
            return JsonRows(self.columns, self._options, self._client)
        return TextRows(self.columns, self._options)
