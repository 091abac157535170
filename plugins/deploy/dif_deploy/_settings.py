"""What the environment of a task or function says, with the logins that Secrets Manager holds for it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from dif_kit.errors import ConfigError, CredentialError

from dif_deploy._plan import Limits

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["Settings", "log_in"]

_NUMBERS: Final = {"DIF_PLACES": 100, "DIF_RETRIES": 3, "DIF_RETRY_SECONDS": 600, "DIF_LAMBDA_SECONDS": 480}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the project, the work and the STATE are; how much may be under way."""

    project: Path
    work: Path
    state_uri: str
    redis_url: str | None
    hand_over_seconds: float
    client_role: str | None
    limits: Limits

    @classmethod
    def of_environment(cls) -> Settings:
        """As the environment has them; raises ConfigError for what is no number."""
        places, retries, retry_seconds, lambda_seconds = (_number(name, default) for name, default in _NUMBERS.items())
        return cls(
            project=Path(os.environ.get("MELTANO_PROJECT_ROOT", ".")),
            work=Path(os.environ.get("DIF_WORK", "/tmp/dif")),  # noqa: S108 - all that Lambda lets us write to
            state_uri=os.environ.get("MELTANO_STATE_BACKEND_URI", ""),
            redis_url=os.environ.get("DIF_REDIS_URL"),
            hand_over_seconds=_number("DIF_HAND_OVER_SECONDS", 90),
            client_role=os.environ.get("DIF_CLIENT_ROLE"),
            limits=Limits(int(places), int(retries), timedelta(seconds=retry_seconds), lambda_seconds=lambda_seconds),
        )


def log_in(environment: MutableMapping[str, str]) -> None:
    """Put the logins of database and Valkey into the environment, as their secrets have them now.

    ``DIF_DATABASE_SECRET`` names a secret as RDS keeps it, ``DIF_REDIS_SECRET`` one with ``username`` and ``password``;
    the addresses stand in ``DIF_DATABASE_ADDRESS`` (host:port/name) and ``DIF_REDIS_ADDRESS`` (host:port). The password
    of the database is in ``PGPASSWORD`` alone, so that no message can quote it with the URL.

    Raises:
        CredentialError: a secret cannot be read.
    """
    if secret := environment.get("DIF_DATABASE_SECRET"):
        login = _secret(secret)
        environment["PGPASSWORD"] = str(login["password"])
        user, address = quote(str(login["username"]), safe=""), environment["DIF_DATABASE_ADDRESS"]
        url = f"postgresql://{user}@{address}?sslmode=verify-full&sslrootcert=system"
        environment["DIF_LEDGER_URL"] = environment["DIF_VAULT_URL"] = url
    if secret := environment.get("DIF_REDIS_SECRET"):
        login = _secret(secret)
        user, password = (quote(str(login[name]), safe="") for name in ("username", "password"))
        environment["DIF_REDIS_URL"] = f"rediss://{user}:{password}@{environment['DIF_REDIS_ADDRESS']}/0"


def _secret(name: str) -> dict[str, Any]:
    try:
        held = boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        found = json.loads(held)
    except (BotoCoreError, ClientError) as error:
        raise CredentialError(f"the secret {name} cannot be read: {error}") from None
    except ValueError:
        raise CredentialError(f"the secret {name} is no JSON object") from None
    if not isinstance(found, dict) or not {"username", "password"} <= set(found):
        raise CredentialError(f"the secret {name} has no username and password")
    return found


def _number(name: str, default: float) -> float:
    written = os.environ.get(name)
    try:
        return float(written) if written else default
    except ValueError:
        raise ConfigError(f"{name} is {written!r}: it must be a number") from None
