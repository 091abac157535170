"""Addresses: those that settings give, those that a provider leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests

from dif_kit.errors import ConfigError, ExtractionError

if TYPE_CHECKING:
    from typing import TypeAlias

    Origin: TypeAlias = tuple[str, str | None, int | None]

__all__ = ["is_same_origin", "led_to", "no_address"]


def is_same_origin(url: str, other: str) -> bool:
    """Whether two addresses share scheme, host and port: the reach of a credential.

    Raises:
        ConfigError: one of them is no address.
    """
    return _origin(url) == _origin(other)


def led_to(found: str, *, by: str) -> str:
    """The address that the answer of ``by`` leads to, relative ones completed.

    Raises:
        ExtractionError: it is no address of http or https.
    """
    try:
        address = requests.Request("GET", urljoin(by, found)).prepare().url or ""
        scheme, host, _ = _origin(address)
    except (requests.RequestException, ValueError, ConfigError) as error:
        raise ExtractionError(f"the provider leads to {found[:80]!r}, which is no address") from error
    if scheme not in {"http", "https"} or not host:
        raise ExtractionError(f"the provider leads to {found[:80]!r}, which is no address of http or https")
    return urljoin(by, found)


def no_address(url: str) -> ConfigError:
    """The error for an address of the settings that is none."""
    return ConfigError(f"not an address: {url.partition('?')[0]!r} (look at api_url)")


def _origin(url: str) -> Origin:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError as error:
        raise no_address(url) from error
