"""The front's configuration file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dif_sandbox.aws import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Config", "ConfigurationError", "Isolation", "Postgres", "TemporaryUser"]


class ConfigurationError(Exception):
    """A setting is missing or wrong."""


class Isolation:
    """The isolation of a database (c_serial_isolation: SNAPSHOT is the default of new ones)."""

    SNAPSHOT = "snapshot"
    SERIALIZABLE = "serializable"


@dataclass(frozen=True, slots=True)
class Postgres:
    """The PostgreSQL behind the front; `user` is a superuser and logs in without a password."""

    host: str
    port: int
    user: str
    database: str


@dataclass(frozen=True, slots=True)
class TemporaryUser:
    """Credentials as GetClusterCredentials gives them: user `IAM:name` or `IAMA:name`, an end, the database user."""

    user: str
    password: str = field(repr=False)
    expires_at: datetime
    role: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the front needs: where to listen, its PostgreSQL and S3, who may log in, what a role may read.

    `identities`, by access key, may ask the API for temporary users; `identifier` is the cluster's and the work
    group's name there. The first of `users` is a superuser, as a cluster's master user; the others may create schemas.
    """

    listen_port: int
    postgres: Postgres
    tls_dir: Path
    users: Mapping[str, str]
    s3_endpoint: str
    roles: Mapping[str, tuple[str, str]]
    ready_file: Path
    temporary_users: tuple[TemporaryUser, ...] = ()
    isolation: str = Isolation.SNAPSHOT
    region: str = "us-east-1"
    api_port: int = 0
    identifier: str = "dif-sandbox"
    identities: Mapping[str, Identity] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Config:
        """The configuration in a JSON file.

        Raises:
            ConfigurationError: The file is missing, no JSON, or lacks a setting; the message names it.
        """
        try:
            return _parse(json.loads(path.read_text()))
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror}") from error
        except KeyError as error:
            raise ConfigurationError(f"{path}: the setting {error} is missing") from error
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{path}: {error}") from error


def _parse(document: dict[str, Any]) -> Config:
    isolation = str(document.get("isolation", Isolation.SNAPSHOT))
    if isolation not in (Isolation.SNAPSHOT, Isolation.SERIALIZABLE):
        raise ValueError("isolation must be snapshot or serializable")
    postgres = document["postgres"]
    return Config(
        listen_port=int(document.get("listen_port", 0)),
        postgres=Postgres(
            str(postgres["host"]), int(postgres["port"]), str(postgres["user"]), str(postgres["database"])
        ),
        tls_dir=Path(document["tls_dir"]),
        users={str(user): str(password) for user, password in document["users"].items()},
        s3_endpoint=str(document["s3_endpoint"]),
        roles={str(role): (str(keys[0]), str(keys[1])) for role, keys in document.get("roles", {}).items()},
        ready_file=Path(document["ready_file"]),
        temporary_users=tuple(map(_temporary, document.get("temporary_users", ()))),
        isolation=isolation,
        region=str(document.get("region", "us-east-1")),
        api_port=int(document.get("api_port", 0)),
        identifier=str(document.get("identifier", "dif-sandbox")),
        identities={
            str(key): Identity(str(held["name"]), str(held["secret_key"]))
            for key, held in document.get("identities", {}).items()
        },
    )


def _temporary(document: dict[str, Any]) -> TemporaryUser:
    expires_at = datetime.fromisoformat(document["expires_at"])
    if expires_at.tzinfo is None:
        expires_at = expires_at.replace(tzinfo=UTC)
    user = str(document["user"])
    role = user.split(":", 1)[1] if user.startswith(("IAM:", "IAMA:")) else user
    return TemporaryUser(user, str(document["password"]), expires_at, role)
