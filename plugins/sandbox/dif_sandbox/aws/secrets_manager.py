"""Secrets Manager: named texts with versions.

Source: AWS Secrets Manager API reference, read 2026-11 (CreateSecret, GetSecretValue, PutSecretValue, UpdateSecret,
DescribeSecret, ListSecrets, DeleteSecret). Rotation, replication, resource policies and binary secrets are not there.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from dif_sandbox.aws._errors import AwsError
from dif_sandbox.aws._kms_keys import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dif_sandbox.aws._signature import Signer

__all__ = ["SecretsManager"]


@dataclass(slots=True)
class _Secret:
    name: str
    arn: str
    created_at: float
    current: str
    values: dict[str, str] = field(repr=False)
    previous: str | None = None
    deleted_at: float | None = None

    def stages(self, version: str) -> list[str]:
        named = {"AWSCURRENT": self.current, "AWSPREVIOUS": self.previous}
        return [stage for stage, held in named.items() if held == version]


class SecretsManager:
    """The actions; what they keep lies in a file of the owner's. ``SecretId`` is a name or an ARN."""

    namespace: ClassVar[str] = ""

    def __init__(self, file: Path, region: str = "us-east-1") -> None:
        self._file = file
        self._region = region
        held = json.loads(file.read_text()) if file.exists() else []
        self._secrets = {one["name"]: _Secret(**one) for one in held}
        self._actions: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "CreateSecret": self._create,
            "DeleteSecret": self._delete,
            "DescribeSecret": lambda asked: self._described(self._find(asked)),
            "GetSecretValue": self._get,
            "ListSecrets": lambda _: {"SecretList": [self._described(one) for one in self._secrets.values()]},
            "PutSecretValue": self._put,
            "UpdateSecret": self._put,
        }

    async def call(self, action: str, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:  # noqa: ARG002
        """Do what is asked.

        Raises:
            AwsError: as Secrets Manager refuses it.
        """
        known = self._actions.get(action)
        if known is None:
            raise AwsError("UnknownOperationException", f"the sandbox's Secrets Manager has no action {action}")
        return known(asked)

    def set(self, name: str, value: str) -> None:
        """Make a secret, or give it another value."""
        held = self._secrets.get(name)
        if held is None:
            self._create({"Name": name, "SecretString": value})
        elif held.values[held.current] != value:
            self._put({"SecretId": name, "SecretString": value})

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, value = str(asked.get("Name", "")), _value(asked)
        if not name:
            raise AwsError("ValidationException", "Name is missing")
        if name in self._secrets:
            raise AwsError(
                "ResourceExistsException",
                f"The operation failed because the secret {name} already exists.",
            )
        version = str(uuid.uuid4())
        arn = f"arn:aws:secretsmanager:{self._region}:{ACCOUNT}:secret:{name}-{secrets.token_hex(3)}"
        self._secrets[name] = _Secret(name, arn, time.time(), version, {version: value})
        self._write()
        return {"ARN": arn, "Name": name, "VersionId": version}

    def _get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        secret = self._find(asked)
        if secret.deleted_at is not None:
            raise _marked()
        stages = {"AWSCURRENT": secret.current, "AWSPREVIOUS": secret.previous}
        version = asked.get("VersionId") or stages.get(asked.get("VersionStage", "AWSCURRENT"))
        value = secret.values.get(version or "")
        if value is None:
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.")
        told = {"ARN": secret.arn, "Name": secret.name, "VersionId": version, "SecretString": value}
        return {**told, "VersionStages": secret.stages(str(version)), "CreatedDate": secret.created_at}

    def _put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        secret = self._find(asked)
        if secret.deleted_at is not None:
            raise _marked()
        version = str(uuid.uuid4())
        secret.values = {secret.current: secret.values[secret.current], version: _value(asked)}
        secret.previous, secret.current = secret.current, version
        self._write()
        return {"ARN": secret.arn, "Name": secret.name, "VersionId": version, "VersionStages": ["AWSCURRENT"]}

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        secret = self._find(asked)
        secret.deleted_at = time.time()
        if asked.get("ForceDeleteWithoutRecovery"):
            del self._secrets[secret.name]
        self._write()
        return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": secret.deleted_at}

    def _find(self, asked: Mapping[str, Any]) -> _Secret:
        named = str(asked.get("SecretId", ""))
        for secret in self._secrets.values():
            if named in (secret.name, secret.arn):
                return secret
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

    def _described(self, secret: _Secret) -> dict[str, Any]:
        stages = {version: secret.stages(version) for version in secret.values}
        return {
            "ARN": secret.arn,
            "Name": secret.name,
            "CreatedDate": secret.created_at,
            "VersionIdsToStages": stages,
            **({"DeletedDate": secret.deleted_at} if secret.deleted_at is not None else {}),
        }

    def _write(self) -> None:
        draft = self._file.with_name(f"{self._file.name}.new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps([asdict(secret) for secret in self._secrets.values()]))
        draft.replace(self._file)


def _value(asked: Mapping[str, Any]) -> str:
    value = asked.get("SecretString")
    if not isinstance(value, str) or not value:
        raise AwsError("InvalidRequestException", "the sandbox keeps a SecretString only, and none is given")
    return value


def _marked() -> AwsError:
    message = "You can't perform this operation on the secret because it was marked for deletion."
    return AwsError("InvalidRequestException", message)
