"""The STATE of a pair where it outlives the machine: the object that Meltano's S3 backend keeps, put by comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from dif_kit.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    import boto3

__all__ = ["StateStore"]

_ABSENT: Final = {"NoSuchKey", "404"}
_LOST: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class StateStore:
    """``<uri>/<client>:<tap>-to-<target>/state.json``, as Meltano 4.4.1 reads and writes it.

    Each put names the version that it follows: a run that slept while another one took over cannot put its older STATE
    in the place of the other's.
    """

    def __init__(self, session: boto3.Session, uri: str, state_id: str) -> None:
        place = urlsplit(uri)
        if place.scheme != "s3" or not place.netloc:
            raise ConfigError(f"MELTANO_STATE_BACKEND_URI is {uri!r}: it must be s3://bucket/prefix")
        self._s3 = session.client("s3")
        self._bucket = place.netloc
        self._key = "/".join(filter(None, (place.path.strip("/"), state_id, "state.json")))
        self._etag: str | None = None

    def load(self) -> dict[str, Any] | None:
        """The STATE; None before the first run.

        Raises:
            DeliveryError: S3 does not answer.
        """
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key)
            held = json.loads(answer["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise DeliveryError(f"the STATE {self._key} cannot be read: {error}") from None
        except (BotoCoreError, ValueError) as error:
            raise DeliveryError(f"the STATE {self._key} cannot be read: {error}") from None
        self._etag = answer["ETag"]
        completed, partial = (held.get(name, {}).get("singer_state", {}) for name in ("completed", "partial"))
        return _merged(completed, partial) or None

    def keep(self, state: dict[str, Any]) -> None:
        """Put it in the place of what was loaded or kept last.

        Raises:
            DeliveryError: another run has put its own meanwhile, or S3 does not take it.
        """
        body = json.dumps({"completed": {"singer_state": state}, "partial": {}}).encode()
        follows: dict[str, str] = {"IfNoneMatch": "*"} if self._etag is None else {"IfMatch": self._etag}
        try:
            answer = self._s3.put_object(Bucket=self._bucket, Key=self._key, Body=body, **follows)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                raise DeliveryError("another run has put its STATE meanwhile; this one's is not kept") from None
            raise DeliveryError(f"the STATE {self._key} cannot be kept: {error}") from None
        except BotoCoreError as error:
            raise DeliveryError(f"the STATE {self._key} cannot be kept: {error}") from None
        self._etag = answer["ETag"]


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The other over the one, as Meltano puts a partial STATE over a completed one."""
    merged = dict(one)
    for name, value in other.items():
        held = merged.get(name)
        merged[name] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged
