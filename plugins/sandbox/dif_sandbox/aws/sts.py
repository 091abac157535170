"""STS: who am I, and the roles one may take on.

Source: AWS STS API reference, read 2026-11 (AssumeRole, GetCallerIdentity). A session's keys are those of the S3
identity that the role stands for, so that S3 itself decides what the session may do. Its token is empty, for SeaweedFS
would look for a session of its own; its end is for clients to keep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_sandbox.aws._errors import AwsError
from dif_sandbox.aws._kms_keys import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.aws._signature import Signer

__all__ = ["Role", "Sts"]

SESSION_NAME: Final = re.compile(r"[\w+=,.@-]{2,64}")
DURATION_SECONDS: Final = range(900, 43_201)
DEFAULT_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Role:
    """The keys a role's sessions get; with an external id, only who says it may take the role on."""

    access_key: str
    secret_key: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sts:
    """The actions, for the roles there are, by ARN."""

    roles: Mapping[str, Role]
    namespace: ClassVar[str] = "https://sts.amazonaws.com/doc/2011-06-15/"

    async def call(self, action: str, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
        """Do what is asked.

        Raises:
            AwsError: as STS refuses it.
        """
        match action:
            case "AssumeRole":
                return self._assume_role(asked, signer)
            case "GetCallerIdentity":
                name = signer.identity.name
                return {"Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}", "UserId": signer.access_key, "Account": ACCOUNT}
            case _:
                raise AwsError("InvalidAction", f"the sandbox's STS has no action {action}")

    def _assume_role(self, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
        arn, session = asked.get("RoleArn", ""), asked.get("RoleSessionName", "")
        seconds = int(asked.get("DurationSeconds", DEFAULT_SECONDS))
        if not SESSION_NAME.fullmatch(session) or seconds not in DURATION_SECONDS:
            raise AwsError("ValidationError", "RoleSessionName or DurationSeconds failed to satisfy constraint")
        role = self.roles.get(arn)
        if role is None or (role.external_id is not None and role.external_id != asked.get("ExternalId")):
            caller = f"arn:aws:iam::{ACCOUNT}:user/{signer.identity.name}"
            message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}"
            raise AwsError("AccessDenied", message, status=403)
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        user = f"{arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{session}"
        return {
            "Credentials": {
                "AccessKeyId": role.access_key,
                "SecretAccessKey": role.secret_key,
                "SessionToken": "",
                "Expiration": ends.isoformat(),
            },
            "AssumedRoleUser": {"Arn": user, "AssumedRoleId": f"{role.access_key}:{session}"},
        }
