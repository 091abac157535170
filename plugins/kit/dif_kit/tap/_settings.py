"""The settings that every tap of dif has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from singer_sdk import typing as th

from dif_kit.errors import ConfigError
from dif_kit.tap._custom import custom_streams_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dif_kit.tap._custom import CustomStream

__all__ = ["require_no_login", "settings_schema"]

_DAY: Final = r"^\d{4}-\d{2}-\d{2}"


def require_no_login(api_url: str) -> None:
    """Refuse an address that holds a login, without showing it: messages and STATE name addresses.

    Raises:
        ConfigError: it holds one.
    """
    if "@" in urlsplit(api_url).netloc:
        raise ConfigError("api_url holds a login: write it without, and give the login by credential_ref")


def settings_schema(
    own: Iterable[th.Property[Any]],
    *,
    api_url: str,
    needs_credential: bool,
    needs_start_date: bool,
    custom_streams: Mapping[str, type[CustomStream]],
) -> dict[str, Any]:
    """The JSON schema of a tap's config: the kit's settings and the tap's own, made new for each tap.

    The SDK adds to the dictionary it gets, so two taps must never share one.
    """
    schema = th.PropertiesList(
        th.Property(
            "credential_ref",
            th.StringType,
            required=needs_credential,
            description="Where the credential is: env://NAME, file:///absolute/path, or a scheme of a plugin",
        ),
        th.Property("api_url", th.StringType, default=api_url, description="Address of the API"),
        th.Property(
            "start_date",
            th.StringType(pattern=_DAY),
            required=needs_start_date,
            description="First day of figures, as 2026-01-31, in the account's calendar",
        ),
        th.Property(
            "end_date",
            th.StringType(pattern=_DAY),
            description="Last day of figures, included; default is today in the account's calendar",
        ),
        th.Property(
            "lookback_days",
            th.IntegerType(minimum=0),
            description="Days before the bookmark that each run reads again; default is each stream's own",
        ),
        th.Property(
            "redis_url",
            th.StringType,
            secret=True,
            description="Redis that shares rate budgets between processes; default is DIF_REDIS_URL, else in process",
        ),
        th.Property(
            "budgets",
            # A name with dots may come in its parts: Meltano takes it apart.
            th.ObjectType(
                additional_properties=th.OneOf(th.ArrayType(th.StringType), th.ObjectType(additional_properties=True))
            ),
            description=(
                "Policies that stand in for those of the tap's budgets, by their names, as "
                '{"pinterest.ads_read": ["500/min"]}; docs/budgets.md lists the words'
            ),
        ),
        th.Property(
            "priority",
            th.StringType(allowed_values=["live", "backfill"]),
            description="A backfill gives way to live runs; default is DIF_PRIORITY, else live",
        ),
        th.Property(
            "concurrency",
            th.IntegerType(minimum=1),
            default=8,
            description="Requests that may be on their way at once; the output is the same with any number",
        ),
        th.Property(
            "progress",
            th.BooleanType,
            description="Whether to tell on stderr how far the run is; default is DIF_PROGRESS, else on a terminal",
        ),
        th.Property("user_agent", th.StringType, description="How the tap names itself to the API"),
        *own,
    ).to_dict()
    schema["properties"] |= {setting: custom_streams_schema(kind) for setting, kind in custom_streams.items()}
    return schema
