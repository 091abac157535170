"""What a new tap is to have, before a file of it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from dif_kit.errors import ConfigError

__all__ = ["StreamPlan", "TapPlan", "usual_streams"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TEXT: Final = {"type": ["string", "null"]}


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One stream; ``records`` is where its rows are.

    ``holes`` are the keys of the context that its path names, those of its parent's own path first; the last one is
    ``parent_field`` of the parent's row, the parent's key if that is None.
    """

    name: str
    path: str
    keys: tuple[str, ...]
    schema: dict[str, Any]
    parent: str | None = None
    holes: tuple[str, ...] = ()
    parent_field: str | None = None
    records: str = "items"
    words: str = ""
    is_report: bool = False

    @property
    def class_name(self) -> str:
        """The name of its class."""
        return _camel(self.name)


@dataclass(frozen=True, slots=True)
class TapPlan:
    """A whole tap.

    Raises:
        ConfigError: the name is not one that a channel can have.
    """

    channel: str
    auth: str
    paging: str
    limit: str
    api_url: str
    streams: tuple[StreamPlan, ...] = field(default=())

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.channel):
            raise ConfigError(f"{self.channel!r} is no name for a channel: write it as acme-ads, without tap-")

    @property
    def name(self) -> str:
        """The tap's name."""
        return f"tap-{self.channel}"

    @property
    def package(self) -> str:
        """Its Python package."""
        return self.name.replace("-", "_")

    @property
    def title(self) -> str:
        """The channel as people write it."""
        return self.channel.replace("-", " ").title()

    @property
    def class_name(self) -> str:
        """What its classes begin or end with."""
        return _camel(self.channel)


def usual_streams(kind: str) -> tuple[StreamPlan, ...]:
    """Accounts with what nearly every channel has below them: ``entities`` or a ``report`` by days."""
    accounts = StreamPlan(
        name="accounts",
        path="/accounts",
        keys=("id",),
        schema=_schema(id=_TEXT, name=_TEXT),
        words="Accounts that the credential may see.",
    )
    campaigns = StreamPlan(
        name="campaigns",
        path="/accounts/{account_id}/campaigns",
        keys=("account_id", "id"),
        schema=_schema(account_id=_TEXT, id=_TEXT, name=_TEXT),
        parent="accounts",
        holes=("account_id",),
        words="Campaigns of an account.",
    )
    days = StreamPlan(
        name="campaign_days",
        path="/accounts/{account_id}/report",
        keys=("account_id", "campaign_id", "date"),
        schema=_schema(
            account_id=_TEXT,
            campaign_id=_TEXT,
            date={"type": ["string", "null"], "format": "date"},
            spend={"type": ["number", "null"]},
        ),
        parent="accounts",
        holes=("account_id",),
        words="Daily figures of every campaign.",
        is_report=True,
    )
    return (accounts, campaigns) if kind == "entities" else (accounts, days)


def _schema(**columns: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": columns}


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_]", name))
