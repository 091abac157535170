"""A session in the sandbox's warehouse, for whoever looks at what was loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.rows import RowFactory

__all__ = ["connect", "login_of"]


def login_of(environment: Mapping[str, str], client: str = "demo") -> dict[str, str]:
    """The user and password of a client, from the credentials that `Sandbox.environment` names."""
    folder = environment["DIF_CREDENTIALS"].removeprefix("file://")
    login: dict[str, str] = json.loads(Path(folder, client, "redshift").read_text())
    return login


def connect(
    environment: Mapping[str, str],
    login: Mapping[str, str] | None = None,
    row_factory: RowFactory[Any] = tuple_row,
) -> psycopg.Connection[Any]:
    """A session by what `Sandbox.environment` tells, of the demo's user if none is given; each statement commits."""
    login = login or login_of(environment)
    return psycopg.connect(
        host=environment["TARGET_REDSHIFT_HOST"],
        port=environment["TARGET_REDSHIFT_PORT"],
        dbname=environment["TARGET_REDSHIFT_DATABASE"],
        user=login["user"],
        password=login["password"],
        sslmode="verify-full",
        sslrootcert=environment["SSL_CERT_FILE"],
        autocommit=True,
        prepare_threshold=None,
        row_factory=row_factory,
    )
