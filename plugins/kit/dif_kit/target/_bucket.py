"""Objects of one S3 bucket: written once, checked by S3, never seen half."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as UnreachableError,
)

from dif_kit.errors import DeliveryError
from dif_kit.target._changed import changed
from dif_kit.target._session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_kit.target._settings import Settings

__all__ = ["Bucket"]

_OURS: Final = "dif-writer"
_CHECK_SECONDS: Final = 10.0
_LOOKS_AT_ONCE: Final = 4  # of the ten connections that a client keeps
_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 10.0
_SERVER_ERROR: Final = 500
# Codes of the S3 API reference that say "again", whatever the status (read 2026-11): throttling, a body that arrived
# broken, a conditional write that raced with another.
_AGAIN: Final = frozenset({
    "BadDigest", "ConditionalRequestConflict", "IncompleteBody", "InternalError", "OperationAborted", "RequestTimeout",
    "RequestTimeTooSkewed", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException",
    "XAmzContentChecksumMismatch",
})  # fmt: skip
_ADVICE: Final = {
    "NoSuchBucket": "the bucket does not exist: create it, or correct the setting `bucket`",
    "InvalidAccessKeyId": "S3 does not know the access key: check the AWS credentials",
    "SignatureDoesNotMatch": "the secret key is not that of the access key: check the AWS credentials",
    "ExpiredToken": "the AWS session has expired: renew the credentials",
    "AccessDenied": "access is denied: check the bucket; allow s3:PutObject, s3:AbortMultipartUpload and the KMS key",
}


class Bucket:
    """The one place where a target calls S3.

    Every object is written with ``If-None-Match: *``. An object that exists already is taken for the answer to an
    earlier try if it bears this writer's mark, and is an error if not.
    """

    def __init__(self, settings: Settings, wait: Callable[[float], bool]) -> None:
        self.name = settings.bucket
        self._wait = wait
        self._retry_seconds = float(settings.s3_retry_seconds)
        self._writer = secrets.token_hex(8)
        self._mark: dict[str, Any] = {"Metadata": {_OURS: self._writer}}
        if settings.encryption != "bucket" or settings.sse_kms_key_id:
            self._mark["ServerSideEncryption"] = "AES256" if settings.encryption == "s3" else "aws:kms"
        if settings.sse_kms_key_id:
            self._mark["SSEKMSKeyId"] = settings.sse_kms_key_id
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60)
        try:
            self._s3: Any = session(settings).create_client("s3", endpoint_url=settings.endpoint_url, config=config)
        except (BotoCoreError, ValueError) as error:
            raise DeliveryError(f"S3 client: {error}") from error

    def url(self, key: str) -> str:
        """The address of an object as manifests state it."""
        return f"s3://{self.name}/{key}"

    def check(self, key: str) -> None:
        """Prove that objects may be written below ``key``, without writing one.

        Raises:
            DeliveryError: they may not; the message says why.
        """
        seconds = min(self._retry_seconds, _CHECK_SECONDS)
        begun = self.call("create_multipart_upload", key, seconds=seconds, **self._mark)
        self.call("abort_multipart_upload", key, seconds=seconds, UploadId=begun["UploadId"])

    def put(self, key: str, body: bytes, content_type: str) -> str:
        """Write one object; the tag of its content.

        Raises:
            DeliveryError: it is not durable, or another writer's object has that key.
        """
        return self.once(
            key,
            lambda: self.call(
                "put_object",
                key,
                Body=body,
                ContentType=content_type,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                **self._mark,
            ),
        )

    def upload(self, key: str, content_type: str) -> _Upload:
        """Begin an object that is written piece by piece and seen only when complete."""
        begun = self.call(
            "create_multipart_upload",
            key,
            ContentType=content_type,
            ChecksumAlgorithm="SHA256",
            **self._mark,
        )
        return _Upload(self, key, begun["UploadId"])

    def read(self, key: str) -> tuple[bytes, str] | None:
        """An object and the tag of its content, if it is there.

        Raises:
            DeliveryError: it cannot be read.
        """
        try:
            answer = self.call("get_object", key)
        except _MissingError:
            return None
        with answer["Body"] as body:
            return body.read(), answer["ETag"]

    def replace(self, key: str, body: bytes, content_type: str, tag: str | None) -> bool:
        """Write an object in the place of the content with ``tag``, or of none; False if another has come between.

        Raises:
            DeliveryError: it is not durable.
        """
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if tag is None else {"IfMatch": tag}
        try:
            self.call("put_object", key, Body=body, ContentType=content_type, **condition, **self._mark)
        except (_ExistsError, _MissingError):
            return False
        return True

    def require_unchanged(self, tags: Mapping[str, str]) -> None:
        """See that objects, by their URLs, are what was written: one HEAD each, some at a time.

        Raises:
            DeliveryError: one is not, or S3 does not say.
        """
        with ThreadPoolExecutor(_LOOKS_AT_ONCE, thread_name_prefix="look") as pool:
            for (url, tag), found in zip(tags.items(), pool.map(self._tag, tags), strict=True):
                if found != tag:
                    raise changed(url, is_there=found is not None)

    def _tag(self, url: str) -> str | None:
        try:
            return str(self.call("head_object", url.removeprefix(self.url("")))["ETag"])
        except _MissingError:
            return None

    def once(self, key: str, write: Callable[[], Any]) -> str:
        """Do a conditional write; that the key is taken by this writer means that an earlier try was heard.

        The answer is the tag of what is there.
        """
        try:
            return str(write()["ETag"])
        except _ExistsError:
            head = self.call("head_object", key)
            if head.get("Metadata", {}).get(_OURS) != self._writer:
                raise DeliveryError(
                    f"{self.url(key)} exists already: this run id was used before; start the run again with a new one",
                ) from None
            return str(head["ETag"])

    def call(self, operation: str, key: str, *, seconds: float | None = None, **arguments: Any) -> Any:  # noqa: ANN401 - botocore's answers are untyped dicts
        """Call S3, again and again within the budget where that may help.

        Raises:
            DeliveryError: S3 refused, or could not be reached within the budget.
            _ExistsError: the key is taken, or the upload of an earlier try is already complete.
            _MissingError: nothing has that key.
        """
        deadline = time.monotonic() + (self._retry_seconds if seconds is None else seconds)
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return getattr(self._s3, operation)(Bucket=self.name, Key=key, **arguments)
            except (ClientError, BotoCoreError) as error:
                failure = error
            if _code(failure) in ("PreconditionFailed", "412") or (
                operation == "complete_multipart_upload" and _code(failure) == "NoSuchUpload"
            ):
                raise _ExistsError from failure
            if _code(failure) in ("NoSuchKey", "404"):
                raise _MissingError from failure
            is_over = not _is_transient(failure) or time.monotonic() + pause > deadline
            if is_over or self._wait(pause):
                raise DeliveryError(f"{operation} of {self.url(key)} failed: {_reason(failure)}") from failure
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


class _Upload:
    """One object on its way in pieces of at least 5 MiB, the last one excepted."""

    def __init__(self, bucket: Bucket, key: str, upload_id: str) -> None:
        self._bucket = bucket
        self._key = key
        self._upload: dict[str, Any] = {"UploadId": upload_id}
        self._pieces: list[dict[str, Any]] = []

    def send(self, piece: bytes) -> None:
        """Send the next piece."""
        number = len(self._pieces) + 1
        answer = self._bucket.call(
            "upload_part",
            self._key,
            PartNumber=number,
            Body=piece,
            ChecksumAlgorithm="SHA256",
            **self._upload,
        )
        checksum = {name: answer[name] for name in ("ChecksumSHA256",) if name in answer}
        self._pieces.append({"PartNumber": number, "ETag": answer["ETag"], **checksum})

    def complete(self) -> str:
        """Let the object be seen; the tag of its content.

        Raises:
            DeliveryError: another writer's object has that key, or S3 failed.
        """
        return self._bucket.once(
            self._key,
            lambda: self._bucket.call(
                "complete_multipart_upload",
                self._key,
                MultipartUpload={"Parts": self._pieces},
                IfNoneMatch="*",
                **self._upload,
            ),
        )

    def abort(self) -> None:
        """Give up; nothing of the object remains. A failure is left to the bucket's lifecycle rule."""
        with suppress(DeliveryError):
            self._bucket.call("abort_multipart_upload", self._key, seconds=0, **self._upload)


class _ExistsError(Exception):
    """An object with the key exists."""


class _MissingError(Exception):
    """No object with the key exists."""


def _code(failure: Exception) -> str:
    """S3's error code, for an answer without a body its HTTP status; empty where there was no answer."""
    if not isinstance(failure, ClientError):
        return ""
    return str(failure.response.get("Error", {}).get("Code", ""))


def _is_transient(failure: Exception) -> bool:
    if isinstance(failure, ClientError):
        status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= _SERVER_ERROR or _code(failure) in _AGAIN
    return isinstance(failure, UnreachableError | HTTPClientError)


def _reason(failure: Exception) -> str:
    """What the person on call needs to know; never a header, a body or a key."""
    if isinstance(failure, NoCredentialsError | PartialCredentialsError):
        return "no AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run with a role"
    if isinstance(failure, UnreachableError | HTTPClientError):
        return f"S3 cannot be reached ({failure}): check the endpoint and the network"
    code = _code(failure)
    if isinstance(failure, ClientError) and failure.operation_name == "AssumeRole":
        return f"the role of the setting `role_arn` cannot be taken on: STS answered {code}"
    if isinstance(failure, ClientError):
        message = failure.response.get("Error", {}).get("Message", "")
        return _ADVICE.get(code, f"S3 answered {code}: {message}")
    return str(failure)
