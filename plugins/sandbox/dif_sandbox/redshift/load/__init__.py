"""COPY and UNLOAD between S3 and the backend."""

from __future__ import annotations

from dif_sandbox.redshift.load._columns import Column, columns_query, parse_columns
from dif_sandbox.redshift.load._errors import LoadError
from dif_sandbox.redshift.load._loader import LoadedFile, Loader
from dif_sandbox.redshift.load._s3 import Buckets
from dif_sandbox.redshift.load._unload import Unloader

__all__ = [
    "Buckets",
    "Column",
    "LoadError",
    "LoadedFile",
    "Loader",
    "Unloader",
    "columns_query",
    "parse_columns",
]
