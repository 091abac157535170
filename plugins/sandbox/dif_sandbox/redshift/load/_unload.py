"""UNLOAD: rows of a query to objects in S3.

Source: developer guide, r_UNLOAD (names, options, null), t_unloading_encrypted_files for what is not here.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from typing import TYPE_CHECKING

import zstandard
from botocore.exceptions import BotoCoreError, ClientError

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INTERNAL, RedshiftError
from dif_sandbox.redshift.load._records import delimiter
from dif_sandbox.redshift.load._s3 import Buckets, s3_error, split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.redshift.sql import UnloadStatement

__all__ = ["Unloader"]

COMPRESSIONS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "GZIP": (".gz", gzip.compress),
    "BZIP2": (".bz2", bz2.compress),
    "ZSTD": (".zst", lambda data: zstandard.ZstdCompressor().compress(data)),
}
ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\\n", "\r": "\\\r", "\0": "\\\0"})


class Unloader:
    """One UNLOAD; the rows pass through memory, and one file holds them."""

    def __init__(self, buckets: Buckets, statement: UnloadStatement) -> None:
        self._options = statement.options
        for name in ("PARQUET", "FIXEDWIDTH", "ENCRYPTED", "KMS_KEY_ID"):
            if name in self._options:
                raise RedshiftError(f"the sandbox does not unload {name}", FEATURE_NOT_SUPPORTED)
        self._client = buckets.client(self._options)
        self._bucket, self._prefix = split_url(statement.destination)

    def write(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
        """Write the rows, and the manifest if one is wanted.

        Raises:
            RedshiftError: S3 refuses, or files are there and neither ALLOWOVERWRITE nor CLEANPATH is given.
        """
        suffix, compress = next((COMPRESSIONS[name] for name in COMPRESSIONS if name in self._options), ("", bytes))
        data = compress(self._encode(names, rows).encode())
        serial = self._options.get("PARALLEL") in ("OFF", "FALSE")
        extension = "." + self._options["EXTENSION"] if "EXTENSION" in self._options else suffix
        key = f"{self._prefix}{'000' if serial else '0000_part_00'}{extension}"
        try:
            self._make_room()
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data)
            if "MANIFEST" in self._options:
                entry = {"url": f"s3://{self._bucket}/{key}", "meta": {"content_length": len(data)}}
                manifest = json.dumps({"entries": [entry]}).encode()
                self._client.put_object(Bucket=self._bucket, Key=f"{self._prefix}manifest", Body=manifest)
        except (BotoCoreError, ClientError) as error:
            raise s3_error(error, f"s3://{self._bucket}/{self._prefix}") from error

    def _make_room(self) -> None:
        if "ALLOWOVERWRITE" in self._options:
            return
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        found = [item["Key"] for page in pages for item in page.get("Contents", [])]
        if found and "CLEANPATH" not in self._options:
            message = (
                "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix, manually"
                " removing the target files in S3, or using the ALLOWOVERWRITE option."
            )
            raise RedshiftError(message, INTERNAL)
        for key in found:
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def _encode(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
        if "JSON" in self._options:
            objects = [dict(zip(names, row, strict=True)) for row in rows]
            return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)
        null = self._options.get("NULL", "")
        texts = [[null if value is None else value for value in row] for row in rows]
        if "HEADER" in self._options:
            texts.insert(0, list(names))
        if "CSV" in self._options:
            out = io.StringIO()
            csv.writer(out, delimiter=delimiter(self._options.get("DELIMITER", ",")), lineterminator="\n").writerows(
                texts
            )
            return out.getvalue()
        separator = delimiter(self._options.get("DELIMITER", "|"))
        return "".join(separator.join(map(self._delimited, row)) + "\n" for row in texts)

    def _delimited(self, text: str) -> str:
        separator = delimiter(self._options.get("DELIMITER", "|"))
        if "ESCAPE" in self._options:
            text = text.translate(ESCAPED).replace(separator, "\\" + separator)
        return f'"{text}"' if "ADDQUOTES" in self._options else text
