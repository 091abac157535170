"""The client's own role, so that a job can reach nothing of another client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from dif_kit.errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["environment_of", "session_of"]


def environment_of(role: str | None, client: str) -> dict[str, str]:
    """Credentials of the role ``role`` (``{client}`` in it is the client), for a child; none without a role.

    They last an hour, which is as long as AWS lends a role to a role and longer than any Lambda. A task of ECS needs
    none of it: it is started with the client's role itself.

    Raises:
        CredentialError: the role cannot be assumed.
    """
    if role is None:
        return {}
    arn = role.replace("{client}", client)
    try:
        lent = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName=f"dif-{client}"[:64])["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise CredentialError(f"the role {arn} cannot be assumed: {error}") from None
    return {
        "AWS_ACCESS_KEY_ID": lent["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": lent["SecretAccessKey"],
        "AWS_SESSION_TOKEN": lent["SessionToken"],
    }


def session_of(credentials: Mapping[str, str]) -> boto3.Session:
    """A session with these credentials; this process's own if there are none."""
    return boto3.Session(
        aws_access_key_id=credentials.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=credentials.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
    )
