"""The AWS session of a target: its own credentials, or those of a role that it takes on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.session import get_session

if TYPE_CHECKING:
    from botocore.session import Session

    from dif_kit.target._settings import Settings

__all__ = ["session"]


def session(settings: Settings) -> Session:
    """A session as the settings ask for; a role's credentials are taken when first needed, and again before they end.

    Raises:
        BotoCoreError: the AWS configuration cannot be read.
    """
    if settings.role_arn is None:
        return get_session()
    own = get_session()
    arguments = {"RoleSessionName": f"dif-{settings.client}-{settings.tap}"[:64]}
    if settings.role_external_id:
        arguments["ExternalId"] = settings.role_external_id
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.create_client,
        source_credentials=own.get_credentials(),
        role_arn=settings.role_arn,
        extra_args=arguments,
    )
    assumed = get_session()
    logging.getLogger("botocore.credentials").addFilter(_without_traceback)  # the failure itself is told
    credentials = DeferredRefreshableCredentials(method="assume-role", refresh_using=fetcher.fetch_credentials)
    vars(assumed)["_credentials"] = credentials  # botocore offers no other way in
    return assumed


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
