"""What the API does: tell where the warehouse listens, and lend temporary users.

Source: API references, read 2026-11: Amazon Redshift (GetClusterCredentials, GetClusterCredentialsWithIAM,
DescribeClusters) and Redshift Serverless (GetCredentials, GetWorkgroup). Users last 900 to 3,600 seconds; the name of
one that GetClusterCredentials may make starts with IAMA:, of any other with IAM:. That a user does not exist is no
error here, but at the login. The other two name the user after the identity, and make it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from psycopg import sql

from dif_sandbox.aws import AwsError
from dif_sandbox.redshift._config import TemporaryUser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.aws import Identity
    from dif_sandbox.redshift._config import Config
    from dif_sandbox.redshift._store import Store
    from dif_sandbox.redshift.wire import Accounts

__all__ = ["Actions"]

SHORTEST, LONGEST = 900, 3600  # seconds
USER_NAME = re.compile(r"(?:IAM:)?[a-z0-9_.@+/-]{1,64}")


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of both APIs, on the one warehouse there is; `port` is the warehouse's."""

    config: Config
    store: Store
    accounts: Accounts
    port: int

    def find(self, identifier: str | None, missing: str) -> str:
        """The cluster's or work group's identifier.

        Raises:
            AwsError: Another one is asked for.
        """
        known = self.config.identifier
        if identifier not in (None, known):
            status = 404 if missing == "ClusterNotFound" else 400
            raise AwsError(missing, f"{identifier} not found: the sandbox's is called {known}", status=status)
        return known

    async def lend(self, prefix: str, role: str, asked: Mapping[str, str], *, make: bool) -> TemporaryUser:
        """A temporary user whose name is the prefix and the database user's; it is made first, if that is wanted.

        Raises:
            AwsError: A parameter that the API refuses, or that the sandbox does not have.
        """
        duration = int(asked.get("DurationSeconds", SHORTEST))
        if not SHORTEST <= duration <= LONGEST:
            message = f"DurationSeconds must be between {SHORTEST} and {LONGEST}"
            raise AwsError("InvalidParameterValue", message)
        if not USER_NAME.fullmatch(role) or role in ("public", self.config.postgres.user):
            raise AwsError("InvalidParameterValue", f"Invalid DbUser: {role}")
        if any(name.startswith("DbGroups") for name in asked):
            raise AwsError("UnsupportedOperation", "the sandbox lends no memberships in DbGroups")
        if make:
            await self._make(role)
        expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=duration)
        lent = TemporaryUser(prefix + role, secrets.token_urlsafe(24), expires_at, role)
        self.accounts.lend(lent)
        return lent

    async def lend_own(self, identity: Identity, asked: Mapping[str, str]) -> TemporaryUser:
        """A temporary user named after the identity that asks."""
        return await self.lend("", f"IAM:{identity.name.lower()}", asked, make=True)

    async def _make(self, role: str) -> None:
        """The database user; it has what PUBLIC has."""
        name = sql.Identifier(role).as_string()
        await self.store.run(
            f"DO $do$ BEGIN CREATE ROLE {name} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $do$"
        )
