"""Keys of AWS KMS: one call wraps or unwraps a data key, bound to its encryption context.

Errors as in the KMS API reference (GenerateDataKey, Decrypt, ReEncrypt; read 2026-11).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from dif_kit.errors import Deferred, DifError

from dif_vault.errors import KeyRefusedError, TamperedError
from dif_vault.keys._ports import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    Answer = TypeVar("Answer")

__all__ = ["KmsKeys"]

_DENIED: Final = {"AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "ExpiredTokenException"}
_UNUSABLE: Final = {"DisabledException", "KMSInvalidStateException", "NotFoundException", "KeyUnavailableException"}
_FOREIGN: Final = {"InvalidCiphertextException", "IncorrectKeyException"}
_THROTTLED: Final = {"ThrottlingException", "LimitExceededException", "RequestLimitExceeded"}
_COME_BACK_SECONDS: Final = 60.0
_TRIES: Final = 5


class KmsKeys:
    """One KMS key, by id, ARN or alias. The client is made at the first call: `vault list` needs no AWS."""

    def __init__(self, key: str, client: Any = None) -> None:  # noqa: ANN401 - boto3 makes its clients at run time
        self._key = key
        self._made = client
        self._arn: str | None = None

    @property
    def kind(self) -> str:
        """See `KeyProvider`."""
        return "aws-kms"

    @property
    def label(self) -> str:
        """See `KeyProvider`."""
        return self._key

    def wraps(self, key_id: str) -> bool:
        """See `KeyProvider`: for an alias only KMS knows, and says so when it unwraps."""
        return key_id.startswith("arn:") and (self._is_alias or self.is_current(key_id))

    def trusted(self, key_id: str) -> str:  # noqa: ARG002 - the port's signature
        """See `KeyProvider`: KMS would open what somebody closed by a key of his own, if it is named."""
        return self._key

    def is_current(self, key_id: str) -> bool:
        """See `KeyProvider`."""
        if self._is_alias:
            return key_id == self._arn_of_alias()
        return key_id == self._key or key_id.endswith(f":key/{self._key}")

    def generate(self, context: Mapping[str, str]) -> tuple[bytes, WrappedKey]:
        """See `KeyProvider`."""
        made = self._call(
            "GenerateDataKey",
            lambda kms: kms.generate_data_key(KeyId=self._key, KeySpec="AES_256", EncryptionContext=dict(context)),
        )
        return bytes(made["Plaintext"]), WrappedKey(made["KeyId"], bytes(made["CiphertextBlob"]))

    def unwrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> bytes:
        """See `KeyProvider`."""
        opened = self._call(
            "Decrypt",
            lambda kms: kms.decrypt(KeyId=self.trusted(key_id), CiphertextBlob=blob, EncryptionContext=dict(context)),
        )
        return bytes(opened["Plaintext"])

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """See `KeyProvider`."""
        made = self._call(
            "Encrypt", lambda kms: kms.encrypt(KeyId=self._key, Plaintext=data_key, EncryptionContext=dict(context))
        )
        return WrappedKey(made["KeyId"], bytes(made["CiphertextBlob"]))

    def rewrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> WrappedKey:
        """See `KeyProvider`; the data key does not leave KMS."""
        made = self._call(
            "ReEncrypt",
            lambda kms: kms.re_encrypt(
                CiphertextBlob=blob,
                SourceKeyId=key_id,
                SourceEncryptionContext=dict(context),
                DestinationKeyId=self._key,
                DestinationEncryptionContext=dict(context),
            ),
        )
        return WrappedKey(made["KeyId"], bytes(made["CiphertextBlob"]))

    def _arn_of_alias(self) -> str:
        if self._arn is None:
            described = self._call("DescribeKey", lambda kms: kms.describe_key(KeyId=self._key))
            self._arn = str(described["KeyMetadata"]["Arn"])
        return self._arn

    @property
    def _is_alias(self) -> bool:
        return "alias/" in self._key

    @property
    def _client(self) -> Any:  # noqa: ANN401 - as above
        if self._made is None:
            import boto3  # noqa: PLC0415 - a fifth of a second that a laptop with a key file need not wait
            from botocore.config import Config  # noqa: PLC0415

            config = Config(retries={"mode": "standard", "max_attempts": _TRIES}, connect_timeout=5, read_timeout=10)
            self._made = boto3.client("kms", config=config)
        return self._made

    def _call(self, action: str, ask: Callable[[Any], Answer]) -> Answer:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as above

        try:
            return ask(self._client)
        except ClientError as error:
            raise self._refusal(action, str(error.response.get("Error", {}).get("Code", ""))) from None
        except BotoCoreError as error:
            raise KeyRefusedError(f"kms:{action} on {self._key} could not be asked: {error}") from None

    def _refusal(self, action: str, code: str) -> DifError:
        if code in _THROTTLED:
            message = (
                f"AWS KMS throttles kms:{action} on {self._key} ({code}, {_TRIES} tries): look at its request quota"
            )
            return Deferred(message, retry_at=time.time() + _COME_BACK_SECONDS)
        if code in _FOREIGN:
            return TamperedError(
                f"AWS KMS does not open it with {self._key} ({code}): it was closed by another key, stands in another "
                f"place than it was written for, or was changed"
            )
        if code in _DENIED:
            return KeyRefusedError(f"AWS KMS denies kms:{action} on {self._key} to this identity ({code})")
        if code in _UNUSABLE:
            return KeyRefusedError(f"the key {self._key} cannot be used ({code}): look at its state in AWS KMS")
        return KeyRefusedError(f"AWS KMS refused kms:{action} on {self._key} ({code or 'no code'})")
