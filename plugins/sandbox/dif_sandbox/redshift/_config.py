"""The front's configuration file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Credentials as GetClusterCredentials gives them: user `IAM:name` or `IAMA:name`, and an end."""

    user: str
    password: str
    expires_at: datetime

    @property
    def role(self) -> str:
        """The database user."""
        return self.user.split(":", 1)[1] if self.user.startswith(("IAM:", "IAMA:")) else self.user


@dataclass(frozen=True, slots=True)
class Config:
    """What the front needs: where to listen, its PostgreSQL and S3, who may log in, what a role may read.

    The first of `users` is a superuser, as a cluster's master user; the others may create schemas.
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
    )


def _temporary(document: dict[str, Any]) -> TemporaryUser:
    expires_at = datetime.fromisoformat(document["expires_at"])
    if expires_at.tzinfo is None:
        expires_at = expires_at.replace(tzinfo=UTC)
    return TemporaryUser(str(document["user"]), str(document["password"]), expires_at)
