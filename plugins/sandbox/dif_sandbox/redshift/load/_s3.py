"""The files of a COPY in S3: who may read them, which they are, their bytes.

Source: developer guide, copy-parameters-authorization, copy-parameters-data-source-s3,
loading-data-files-using-manifest.
"""

from __future__ import annotations

import bz2
import io
import json
import re
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import boto3
import zstandard
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from isal import igzip  # gzip's own class at a third of its CPU

from dif_sandbox.redshift._errors import FEATURE_NOT_SUPPORTED, INTERNAL, RedshiftError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from typing_extensions import Buffer

    from dif_sandbox.redshift.sql import Options

__all__ = ["Buckets", "File", "list_files", "open_file", "s3_error", "split_url"]

ROLE = re.compile(r"arn:aws(-[a-z-]+)?:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
URL = re.compile(r"s3://([^/]+)/(.*)", re.DOTALL)
READ_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class File:
    """One object to load."""

    bucket: str
    key: str
    size: int

    @property
    def url(self) -> str:
        """Its s3:// address, as the system tables show it."""
        return f"s3://{self.bucket}/{self.key}"


class Buckets:
    """The S3 behind the warehouse: a role stands for an S3 identity with that role's rights."""

    def __init__(self, endpoint: str, roles: Mapping[str, tuple[str, str]], region: str = "us-east-1") -> None:
        self._endpoint = endpoint
        self._roles = dict(roles)
        self._region = region

    def client(self, options: Options) -> S3Client:
        """A client with the rights that the statement's authorization gives.

        Raises:
            RedshiftError: An unknown role, or another region than the bucket's.
        """
        access, secret, token = self._identity(options)
        if options.get("REGION", self._region) != self._region:
            message = (
                "S3ServiceException:The bucket you are attempting to access must be addressed using the specified"
                " endpoint.,Status 301,Error PermanentRedirect"
            )
            raise RedshiftError(message, INTERNAL)
        return boto3.client(
            "s3",
            endpoint_url=self._endpoint,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name=self._region,
            config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
        )

    def _identity(self, options: Options) -> tuple[str, str, str | None]:
        if "IAM_ROLE" in options:
            return (*self._role(options["IAM_ROLE"]), None)
        if "CREDENTIALS" in options:
            pairs = [pair.split("=", 1) for pair in options["CREDENTIALS"].split(";") if "=" in pair]
            fields = {name.strip(): value.strip() for name, value in pairs}
            if "aws_iam_role" in fields:
                return (*self._role(fields["aws_iam_role"]), None)
            keys = fields.get("aws_access_key_id", ""), fields.get("aws_secret_access_key", "")
            return (*keys, fields.get("token"))
        return options["ACCESS_KEY_ID"], options.get("SECRET_ACCESS_KEY", ""), options.get("SESSION_TOKEN")

    def _role(self, chain: str) -> tuple[str, str]:
        role = chain.rsplit(",", maxsplit=1)[-1].strip()  # a chain of roles ends in the one that reads
        if role != "default" and not ROLE.fullmatch(role):
            raise RedshiftError(f"Invalid IAM_ROLE: {role}", INTERNAL)
        if role not in self._roles:
            detail = f"error:  Not authorized to get credentials of role {role}\n  code:      30000"
            message = f"User arn:aws:redshift:::dbuser is not authorized to assume IAM Role {role}"
            raise RedshiftError(message, INTERNAL, detail=detail)
        return self._roles[role]


def split_url(url: str) -> tuple[str, str]:
    """Bucket and key of an s3:// address."""
    match = URL.fullmatch(url)
    if not match:
        raise RedshiftError(f"only s3:// addresses are supported: {url}", FEATURE_NOT_SUPPORTED)
    return match.group(1), match.group(2)


def list_files(client: S3Client, source: str, options: Options) -> list[File]:
    """The files that a COPY loads: those of its manifest, or every object under a prefix."""
    bucket, key = split_url(source)
    try:
        files = _manifest(client, bucket, key, options) if "MANIFEST" in options else _prefix(client, bucket, key)
    except (BotoCoreError, ClientError) as error:
        raise s3_error(error, source) from error
    if not files:
        raise RedshiftError(f"The specified S3 prefix '{key}' does not exist", INTERNAL)
    return files


def open_file(client: S3Client, file: File, options: Options) -> IO[bytes]:
    """The bytes of a file, decompressed, as a stream."""
    try:
        body = client.get_object(Bucket=file.bucket, Key=file.key)["Body"]
    except (BotoCoreError, ClientError) as error:
        raise s3_error(error, file.url) from error
    raw = io.BufferedReader(_Body(body), READ_BYTES)
    if "GZIP" in options:
        if raw.peek(2)[:2] != GZIP_MAGIC:
            detail = f"{file.url} is not gzip"
            raise RedshiftError("Unknown zlib error code. zlib error code: -3", INTERNAL, detail=detail)
        unpacked: IO[bytes] = igzip.open(raw, "rb")  # type: ignore[no-untyped-call]  # the module has no types
        return unpacked
    if "BZIP2" in options:
        return bz2.BZ2File(raw)
    if "ZSTD" in options:
        return io.BufferedReader(cast("io.RawIOBase", zstandard.ZstdDecompressor().stream_reader(raw)), READ_BYTES)
    return raw


def s3_error(error: Exception, where: str) -> RedshiftError:
    """S3's answer as COPY and UNLOAD report it."""
    response = cast("dict[str, Any]", getattr(error, "response", {}))
    fault = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = f"S3ServiceException:{fault.get('Message') or error},Status {status},Error {fault.get('Code')}"
    return RedshiftError(message, INTERNAL, detail=f"Problem reading {where}")


class _Body(io.RawIOBase):
    """boto3's body as a raw file."""

    def __init__(self, body: StreamingBody) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        data = self._body.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def _prefix(client: S3Client, bucket: str, key: str) -> list[File]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    return [File(bucket, found["Key"], found["Size"]) for page in pages for found in page.get("Contents", [])]


def _manifest(client: S3Client, bucket: str, key: str, options: Options) -> list[File]:
    try:
        manifest = json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())
        entries = manifest["entries"]
        found = [_entry(client, entry, options) for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise RedshiftError("Manifest file is not in correct json format", INTERNAL, detail=f"{error!r}") from error
    return [file for file in found if file is not None]


def _entry(client: S3Client, entry: dict[str, Any], options: Options) -> File | None:
    """One entry of a manifest; a file that is missing and not mandatory is passed over."""
    bucket, key = split_url(entry["url"])
    length = (entry.get("meta") or {}).get("content_length")
    if "PARQUET" in options and length is None:
        message = "COPY with MANIFEST parameter requires full path of an S3 object"
        raise RedshiftError(message, INTERNAL, detail="code: 8001, columnar files need meta.content_length")
    try:
        size = client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != NOT_FOUND:
            raise
        if not entry.get("mandatory"):
            return None
        message = (
            "Problem reading manifest file - S3ServiceException:The specified key does not exist.,Status 404,"
            "Error NoSuchKey"
        )
        detail = f"mandatory file is missing: {entry['url']}"
        raise RedshiftError(message, INTERNAL, detail=detail) from error
    return File(bucket, key, size)
