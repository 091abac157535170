"""Where notices go: Slack, any webhook, e-mail, SNS; each set by a variable of the environment."""

from __future__ import annotations

import os
import smtplib
from email.message import EmailMessage
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import requests
from dif_kit.credentials import register_secrets
from dif_kit.errors import ConfigError, DeliveryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_ledger._notices import Notice

__all__ = ["Channel", "channels"]

_SECONDS: Final = 10
_REFUSED: Final = 400
_SUBJECT: Final = 100  # SNS takes a subject of less than 100 characters of ASCII


class Channel(Protocol):
    """One way to a person."""

    name: str

    def send(self, title: str, text: str, notice: Notice) -> None:
        """Tell; raises DeliveryError where it was not taken."""


def channels(environment: Mapping[str, str] | None = None) -> list[Channel]:
    """The channels that the environment names; none is fine.

    Raises:
        ConfigError: one of them is malformed.
    """
    given = os.environ if environment is None else environment
    made: list[Channel] = []
    if url := given.get("DIF_LEDGER_SLACK_URL"):
        made.append(_Slack(url))
    if url := given.get("DIF_LEDGER_WEBHOOK_URL"):
        made.append(_Webhook(url))
    if url := given.get("DIF_LEDGER_SMTP_URL"):
        made.append(_Email(url))
    if topic := given.get("DIF_LEDGER_SNS_TOPIC"):
        made.append(_Topic(topic))
    return made


class _Slack:
    """An incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (read 2026-11)."""

    name = "slack"

    def __init__(self, url: str) -> None:
        register_secrets([url])
        self._url = url

    def send(self, title: str, text: str, notice: Notice) -> None:  # noqa: ARG002
        """One message; the three characters that Slack reads as markup are escaped."""
        safe = f"*{title}*\n{text}".replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        _post("Slack", self._url, msgspec.json.encode({"text": safe}))


class _Webhook:
    """Any URL that takes JSON: the notice, its title and text."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        register_secrets([url])
        self._url = url

    def send(self, title: str, text: str, notice: Notice) -> None:
        """The notice as JSON."""
        _post(
            "the webhook", self._url, msgspec.json.encode({"title": title, "text": text, **msgspec.to_builtins(notice)})
        )


class _Email:
    """``smtp://user:password@host:587/?from=dif@example.com&to=a@example.com,b@example.com``; ``smtps`` for TLS."""

    name = "e-mail"

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not {"from", "to"} <= asked.keys():
            raise ConfigError(
                "DIF_LEDGER_SMTP_URL must look like smtp://host:587/?from=dif@example.com&to=a@example.com"
            )
        register_secrets([parts.password] if parts.password else [])
        self._parts = parts
        self._from, self._to = asked["from"][0], asked["to"][0]

    def send(self, title: str, text: str, notice: Notice) -> None:  # noqa: ARG002
        """One plain message."""
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = f"[dif] {title}", self._from, self._to
        message.set_content(text)
        parts = self._parts
        opened = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        try:
            with opened(parts.hostname or "", parts.port or 0, timeout=_SECONDS) as server:
                if parts.username:
                    if parts.scheme == "smtp":
                        server.starttls()
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(f"the mail server {parts.hostname} did not take the notice: {error}") from None


class _Topic:
    """An SNS topic by its ARN."""

    name = "sns"

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def send(self, title: str, text: str, notice: Notice) -> None:  # noqa: ARG002
        """One message, its title as subject."""
        import boto3  # noqa: PLC0415 - slow to import, and most notices go elsewhere
        import botocore.exceptions  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        subject = title.encode("ascii", "replace").decode()[: _SUBJECT - 1]
        try:
            region = self._topic.split(":")[3]
            client = boto3.client("sns", region_name=region, config=Config(retries={"total_max_attempts": 2}))
            client.publish(TopicArn=self._topic, Subject=subject, Message=text)
        except IndexError:
            raise ConfigError(f"DIF_LEDGER_SNS_TOPIC {self._topic!r} is no ARN of a topic") from None
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as error:
            raise DeliveryError(f"SNS did not take the notice: {error}") from None


def _post(who: str, url: str, body: bytes) -> None:
    try:
        answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=_SECONDS)
    except requests.RequestException as error:
        raise DeliveryError(f"{who} cannot be reached: {type(error).__name__}") from None
    if answer.status_code >= _REFUSED:
        raise DeliveryError(f"{who} did not take the notice: HTTP {answer.status_code}")
