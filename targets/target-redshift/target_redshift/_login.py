"""How the target logs in: with a password it is told, or with one that AWS lends to its identity for this session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import msgspec
from dif_kit.credentials import resolve
from dif_kit.errors import ConfigError, CredentialError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3

__all__ = ["Login", "User"]

_WAYS = ("credential_ref", "secret_id", "cluster", "workgroup")


@dataclass(frozen=True, slots=True)
class User:
    """Who logs in; ``source`` says where that was found, for messages."""

    name: str
    password: str
    source: str

    def __repr__(self) -> str:
        return f"User({self.name!r})"


@dataclass(frozen=True, slots=True)
class Login:
    """One way to a user: exactly one of the first four is set.

    ``cluster_user`` is the database user that is borrowed from a cluster; without one it is named after the identity.
    ``aws_role`` is assumed before AWS is asked for anything.
    """

    credential_ref: str | None = None
    secret_id: str | None = None
    cluster: str | None = None
    workgroup: str | None = None
    cluster_user: str | None = None
    aws_role: str | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Login:
        """The login of a config.

        Raises:
            ConfigError: none is set, or more than one.
        """
        ways = [name for name in _WAYS if config.get(name)]
        if len(ways) != 1:
            said = " and ".join(ways) if ways else "none"
            raise ConfigError(f"set one of {', '.join(_WAYS)} to say who logs in; set is {said}")
        return cls(**{name: config.get(name) or None for name in cls.__slots__})

    def user(self, database: str) -> User:
        """The user for one session.

        Raises:
            CredentialError: there is none, or AWS lends none.
        """
        if self.credential_ref:
            return _from_reference(self.credential_ref)
        try:
            session = _session(self.aws_role)
            if self.secret_id:
                return _from_secret(session, self.secret_id)
            if self.workgroup:
                return _from_workgroup(session, self.workgroup, database)
            return _from_cluster(session, self.cluster or "", self.cluster_user, database)
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise CredentialError(f"AWS gives no login for Redshift by {self._way}: {error}") from None

    @property
    def _way(self) -> str:
        return next(f"{name} {value!r}" for name in _WAYS if (value := getattr(self, name)))


def _session(role: str | None) -> boto3.Session:
    import boto3  # noqa: PLC0415 - slow to import, and a login by password does without

    if role is None:
        return boto3.Session()
    lent = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="target-redshift")["Credentials"]
    return boto3.Session(
        aws_access_key_id=lent["AccessKeyId"],
        aws_secret_access_key=lent["SecretAccessKey"],
        aws_session_token=lent["SessionToken"],
    )


def _from_reference(reference: str) -> User:
    credential = resolve(reference)
    try:
        return User(credential["user"], credential["password"], reference)
    except CredentialError as error:
        raise CredentialError(f"{reference}: {error}") from None


def _from_secret(session: boto3.Session, secret_id: str) -> User:
    """AWS Secrets Manager, "JSON structure of AWS Secrets Manager secrets", Amazon Redshift (read 2026-11)."""
    text = session.client("secretsmanager").get_secret_value(SecretId=secret_id).get("SecretString", "")
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
        return User(str(found["username"]), str(found["password"]), f"secret {secret_id}")
    except (msgspec.DecodeError, KeyError):
        raise CredentialError(f"secret {secret_id!r} is not a JSON object with `username` and `password`") from None


def _from_workgroup(session: boto3.Session, workgroup: str, database: str) -> User:
    lent = session.client("redshift-serverless").get_credentials(workgroupName=workgroup, dbName=database)
    return User(lent["dbUser"], lent["dbPassword"], f"workgroup {workgroup}")


def _from_cluster(session: boto3.Session, cluster: str, user: str | None, database: str) -> User:
    client = session.client("redshift")
    if user is None:
        lent = client.get_cluster_credentials_with_iam(ClusterIdentifier=cluster, DbName=database)
    else:
        lent = client.get_cluster_credentials(ClusterIdentifier=cluster, DbName=database, DbUser=user, AutoCreate=False)
    return User(lent["DbUser"], lent["DbPassword"], f"cluster {cluster}")
