"""KMS: symmetric keys that encrypt up to 4,096 bytes and make data keys, bound to an encryption context.

Source: AWS KMS API reference, read 2026-11 (CreateKey, Encrypt, Decrypt, ReEncrypt, GenerateDataKey, key states, error
codes). A key that is disabled or about to be deleted is refused, as on AWS. Grants, policies, asymmetric keys and those
of several Regions are not there.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_sandbox.aws._errors import AwsError
from dif_sandbox.aws._kms_keys import ACCOUNT, Key, KeyState, KeyStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_sandbox.aws._signature import Signer

__all__ = ["Kms"]

MOST_PLAINTEXT_BYTES: Final = 4096
MOST_CIPHERTEXT_BYTES: Final = 6144
MOST_DATA_KEY_BYTES: Final = 1024
KEY_SPECS: Final = {"AES_256": 32, "AES_128": 16}
DELETION_DAYS: Final = range(7, 31)


class Kms:
    """The actions. Key ids may be ids, ARNs and aliases wherever KMS takes them."""

    namespace: ClassVar[str] = ""

    def __init__(self, keys: KeyStore, region: str = "us-east-1") -> None:
        self._keys = keys
        self._region = region
        self._actions: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "CancelKeyDeletion": self._cancel_deletion,
            "CreateAlias": self._create_alias,
            "CreateKey": self._create_key,
            "Decrypt": self._decrypt,
            "DescribeKey": lambda asked: {"KeyMetadata": self._metadata(self._named(asked))},
            "DisableKey": lambda asked: self._set_state(asked, KeyState.DISABLED),
            "EnableKey": lambda asked: self._set_state(asked, KeyState.ENABLED),
            "Encrypt": self._encrypt,
            "GenerateDataKey": self._generate_data_key,
            "GenerateDataKeyWithoutPlaintext": self._generate_hidden_data_key,
            "ListAliases": self._list_aliases,
            "ListKeys": lambda _: {"Keys": [{"KeyId": k.id, "KeyArn": self._arn(k)} for k in keys], "Truncated": False},
            "ReEncrypt": self._re_encrypt,
            "RotateKeyOnDemand": self._rotate,
            "ScheduleKeyDeletion": self._schedule_deletion,
        }

    async def call(self, action: str, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:  # noqa: ARG002
        """Do what is asked.

        Raises:
            AwsError: as KMS refuses it.
        """
        known = self._actions.get(action)
        if known is None:
            raise AwsError("UnknownOperationException", f"the sandbox's KMS has no action {action}")
        return known(asked)

    def _create_key(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"KeyMetadata": self._metadata(self._keys.make(str(asked.get("Description", ""))))}

    def _create_alias(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        alias = str(asked.get("AliasName", ""))
        if not alias.startswith("alias/") or alias.startswith("alias/aws/"):
            raise AwsError("InvalidAliasNameException", f"{alias!r} is no name of an alias")
        if alias in self._keys.aliases:
            raise AwsError("AlreadyExistsException", f"An alias with the name {alias} already exists")
        self._keys.name(alias, self._keys.find(str(asked.get("TargetKeyId", ""))))
        return {}

    def _list_aliases(self, _: Mapping[str, Any]) -> dict[str, Any]:
        prefix = f"arn:aws:kms:{self._region}:{ACCOUNT}:"
        listed = [
            {"AliasName": name, "AliasArn": prefix + name, "TargetKeyId": key}
            for name, key in sorted(self._keys.aliases.items())
        ]
        return {"Aliases": listed, "Truncated": False}

    def _encrypt(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = self._usable(self._named(asked))
        plaintext = _bytes(asked, "Plaintext", MOST_PLAINTEXT_BYTES)
        return {"CiphertextBlob": _text(key.encrypt(plaintext, _context(asked))), **self._used(key)}

    def _decrypt(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key, plaintext = self._opened(asked, "CiphertextBlob", "KeyId", _context(asked))
        return {"Plaintext": _text(plaintext), **self._used(key)}

    def _re_encrypt(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        source, plaintext = self._opened(
            asked, "CiphertextBlob", "SourceKeyId", _context(asked, "SourceEncryptionContext")
        )
        key = self._usable(self._keys.find(str(asked.get("DestinationKeyId", ""))))
        blob = key.encrypt(plaintext, _context(asked, "DestinationEncryptionContext"))
        return {"CiphertextBlob": _text(blob), "SourceKeyId": self._arn(source), "KeyId": self._arn(key)}

    def _generate_data_key(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = self._usable(self._named(asked))
        plaintext = os.urandom(_data_key_bytes(asked))
        blob = key.encrypt(plaintext, _context(asked))
        return {"CiphertextBlob": _text(blob), "Plaintext": _text(plaintext), "KeyId": self._arn(key)}

    def _generate_hidden_data_key(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        made = self._generate_data_key(asked)
        return {name: value for name, value in made.items() if name != "Plaintext"}

    def _rotate(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = self._keys.rotate(self._usable(self._named(asked)))
        return {"KeyId": key.id}

    def _set_state(self, asked: Mapping[str, Any], state: KeyState) -> dict[str, Any]:
        key = self._named(asked)
        if key.state is KeyState.PENDING_DELETION:
            raise _invalid_state(self._arn(key), key.state)
        self._keys.put(replace(key, state=state))
        return {}

    def _schedule_deletion(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        days = int(asked.get("PendingWindowInDays", 30))
        if days not in DELETION_DAYS:
            raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30")
        key = self._keys.schedule_deletion(self._named(asked), days)
        return {"KeyId": self._arn(key), "DeletionDate": key.deletion_at, "KeyState": key.state}

    def _cancel_deletion(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = self._named(asked)
        if key.state is not KeyState.PENDING_DELETION:
            raise _invalid_state(self._arn(key), key.state)
        self._keys.put(replace(key, state=KeyState.DISABLED, deletion_at=None))
        return {"KeyId": self._arn(key)}

    def _opened(self, asked: Mapping[str, Any], blob: str, named: str, context: bytes) -> tuple[Key, bytes]:
        ciphertext = _bytes(asked, blob, MOST_CIPHERTEXT_BYTES)
        wanted = self._keys.find(str(asked[named])) if named in asked else None
        key = self._keys.of(ciphertext)
        if wanted is not None and wanted.id != key.id:
            message = "The key ID in the request does not identify a CMK that can perform this operation."
            raise AwsError("IncorrectKeyException", message)
        return key, self._usable(key).decrypt(ciphertext, context)

    def _named(self, asked: Mapping[str, Any]) -> Key:
        return self._keys.find(str(asked.get("KeyId", "")))

    def _usable(self, key: Key) -> Key:
        match key.state:
            case KeyState.ENABLED:
                return key
            case KeyState.DISABLED:
                raise AwsError("DisabledException", f"{self._arn(key)} is disabled.")
            case KeyState.PENDING_DELETION:
                raise _invalid_state(self._arn(key), key.state)

    def _arn(self, key: Key) -> str:
        return f"arn:aws:kms:{self._region}:{ACCOUNT}:key/{key.id}"

    def _used(self, key: Key) -> dict[str, str]:
        return {"KeyId": self._arn(key), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def _metadata(self, key: Key) -> dict[str, Any]:
        facts = {
            "AWSAccountId": ACCOUNT,
            "KeyId": key.id,
            "Arn": self._arn(key),
            "CreationDate": key.created_at,
            "Enabled": key.state is KeyState.ENABLED,
            "Description": key.description,
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": key.state,
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
        }
        return facts | ({"DeletionDate": key.deletion_at} if key.deletion_at is not None else {})


def _invalid_state(arn: str, state: KeyState) -> AwsError:
    words = "pending deletion" if state is KeyState.PENDING_DELETION else "not pending deletion"
    return AwsError("KMSInvalidStateException", f"{arn} is {words}.")


def _context(asked: Mapping[str, Any], name: str = "EncryptionContext") -> bytes:
    """The context as associated data: the order of its pairs means nothing."""
    given = asked.get(name) or {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise AwsError("ValidationException", f"{name} is no map of texts")
    return json.dumps(sorted(given.items())).encode()


def _bytes(asked: Mapping[str, Any], name: str, most: int) -> bytes:
    try:
        value = base64.b64decode(asked[name], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise AwsError("ValidationException", f"{name} is missing, or no base64") from error
    if not 1 <= len(value) <= most:
        constraint = f"Member must have length between 1 and {most}"
        raise AwsError("ValidationException", f"Value at '{name}' failed to satisfy constraint: {constraint}")
    return value


def _data_key_bytes(asked: Mapping[str, Any]) -> int:
    if ("KeySpec" in asked) == ("NumberOfBytes" in asked):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")
    if "KeySpec" in asked:
        if asked["KeySpec"] not in KEY_SPECS:
            raise AwsError("ValidationException", f"KeySpec must be one of {', '.join(KEY_SPECS)}")
        return KEY_SPECS[asked["KeySpec"]]
    count = int(asked["NumberOfBytes"])
    if not 1 <= count <= MOST_DATA_KEY_BYTES:
        raise AwsError("ValidationException", f"NumberOfBytes must be between 1 and {MOST_DATA_KEY_BYTES}")
    return count


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
