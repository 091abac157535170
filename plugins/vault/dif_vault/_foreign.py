"""Credentials as other tools keep them: .env files, Meltano's among them, Airbyte's JSON, folders of JSON files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
from dif_kit.errors import ConfigError
from dotenv import dotenv_values

from dif_vault._names import SecretName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Foreign", "Found", "read_foreign"]

_FIELDS: Final = (
    "access_token", "api_key", "api_secret", "api_token", "auth_token", "certificate", "client_email", "client_id",
    "client_secret", "consumer_key", "consumer_secret", "developer_token", "password", "private_key", "private_key_id",
    "refresh_token", "secret_key", "service_account", "token", "user", "username",
)  # fmt: skip
"""Names of values that make a credential. The longest that a variable ends with counts: api_token before token."""
_PREFIXES: Final = ("TAP_", "TARGET_")
_NESTED: Final = "__"


@dataclass(frozen=True, slots=True)
class Found:
    """One credential of a foreign place."""

    place: SecretName
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a source holds: credentials, and the names of what is none."""

    credentials: tuple[Found, ...]
    ignored: tuple[str, ...] = ()


def read_foreign(source: Path, *, client: str | None, connector: str | None) -> Foreign:
    """What a file or a folder holds.

    Raises:
        ConfigError: it cannot be read, or whose it is is not said.
    """
    if source.is_dir():
        return Foreign(tuple(_of_folder(source, client)))
    if client is None:
        raise ConfigError(f"{source}: say whose credentials these are, with --client")
    text = source.read_bytes()
    if text.lstrip()[:1] in {b"{", b"["}:
        return _of_document(source, text, client, connector)
    return _of_variables(source, client)


def _of_folder(folder: Path, client: str | None) -> Iterator[Found]:
    """``<client>/<connector>``, each a JSON object of texts: what ``file://`` reads."""
    for file in sorted(path for path in folder.glob("*/*") if path.is_file()):
        if client in {None, file.parent.name}:
            values = _decoded(file, file.read_bytes())
            if not all(isinstance(value, str) for value in values.values()):
                raise ConfigError(f"{file}: expected a JSON object of texts")
            yield Found(SecretName(file.parent.name, file.name), {name: str(value) for name, value in values.items()})


def _of_variables(source: Path, client: str) -> Foreign:
    """``TAP_PINTEREST_REFRESH_TOKEN=…``; two underscores stand before a nested setting, as Meltano writes it."""
    found: dict[str, dict[str, str]] = {}
    ignored = []
    for variable, value in dotenv_values(source, interpolate=False).items():
        prefix = next((one for one in _PREFIXES if variable.startswith(one)), None)
        name = variable.removeprefix(prefix or "").lower()
        ending = max((one for one in _FIELDS if name.endswith(f"_{one}")), key=len, default=None)
        if prefix is None or ending is None or not value:
            ignored.append(variable)
            continue
        connector = name.removesuffix(ending).strip("_").partition(_NESTED)[0].replace("_", "-")
        found.setdefault(connector, {})[ending] = value
    credentials = tuple(Found(SecretName(client, connector), values) for connector, values in sorted(found.items()))
    return Foreign(credentials, tuple(ignored))


def _of_document(source: Path, text: bytes, client: str, connector: str | None) -> Foreign:
    """A connector's configuration, with what proves who asks below ``credentials`` or beside the other settings."""
    document = _decoded(source, text)
    named = connector or document.get("sourceName") or document.get("name")
    if not isinstance(named, str):
        raise ConfigError(f"{source}: say what it is for, with --connector")
    place = SecretName.parse(f"{client}/{named.lower().replace(' ', '-')}")
    settings = dict(_leaves(document))
    values = {name: value for name, value in settings.items() if isinstance(value, str) and value and name in _FIELDS}
    ignored = tuple(name for name in settings if name not in values)
    return Foreign((Found(place, values),) if values else (), ignored)


def _leaves(value: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _leaves(inner)
        else:
            yield name, inner


def _decoded(file: Path, text: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's own message could quote what it read.
        raise ConfigError(f"{file}: expected a JSON object") from None
