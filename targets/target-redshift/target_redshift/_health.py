"""Whether the warehouse of every client lets the target in, and what it may do there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dif_kit.doctor import Finding, Verdict, clock
from dif_kit.errors import ConfigError, CredentialError, DeliveryError, DifError

from target_redshift._connection import Warehouse
from target_redshift._failures import ConnectionLost, Refused
from target_redshift._settings import Settings
from target_redshift._sql import literal, statement
from target_redshift.target import TargetRedshift

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.doctor import Plugin, Project

__all__ = ["checkup"]

_SECONDS: Final = 5


def checkup(project: Project) -> Iterator[Finding]:
    """The warehouse as ``make doctor`` sees it, client by client; its clock once for each place."""
    used = [plugin for plugin in project.plugins if plugin.name == TargetRedshift.name]
    if not any(plugin.settings.get("host") for plugin in used):
        raise ConfigError("no client has a warehouse: set TARGET_REDSHIFT_HOST, _DATABASE, _BUCKET and _IAM_ROLE")
    places: set[tuple[str, int]] = set()
    for plugin in used:
        try:
            yield from _look(plugin, places)
        except CredentialError as error:
            yield _broken(plugin, error, "correct the user and password: vault put <client>/redshift")
        except ConfigError as error:
            yield _broken(plugin, error, "correct the setting, in the client's file or as TARGET_REDSHIFT_<SETTING>")
        except (DeliveryError, Refused, ConnectionLost) as error:
            yield _broken(plugin, error, "start or resume the warehouse; let this machine into its security group")


def _look(plugin: Plugin, places: set[tuple[str, int]]) -> Iterator[Finding]:
    settings = _settings(plugin)
    warehouse = Warehouse(settings)
    try:
        before = datetime.now(UTC)
        user, may_create, has_schema, may_fill, told = warehouse.query(
            statement("health", database=literal(settings.database), schema=literal(settings.schema))
        )[0]
        after = datetime.now(UTC)
    finally:
        warehouse.close()
    what, found = f"redshift, {plugin.client}", f"{user} at {settings.host}:{settings.port}, schema {settings.schema}"
    if has_schema and may_fill:
        yield Finding(what, Verdict.GOOD, f"{found} may be filled")
    elif has_schema:
        yield Finding(
            what, Verdict.BROKEN, f"{found} may not be filled",
            f"run as its owner: GRANT USAGE, CREATE ON SCHEMA {settings.schema} TO {user}",
        )  # fmt: skip
    elif may_create:
        yield Finding(what, Verdict.GOOD, f"{found} is made by the first run")
    else:
        yield Finding(
            what, Verdict.BROKEN, f"{found} is missing and may not be made",
            f"run as a superuser: GRANT CREATE ON DATABASE {settings.database} TO {user}",
        )  # fmt: skip
    if (settings.host, settings.port) not in places:
        places.add((settings.host, settings.port))
        yield clock("redshift", datetime.fromtimestamp(float(told), UTC), before, after)


def _settings(plugin: Plugin) -> Settings:
    properties = TargetRedshift.config_jsonschema["properties"]
    defaults = {name: facts["default"] for name, facts in properties.items() if "default" in facts}
    given = {name: value for name, value in plugin.settings.items() if value is not None}
    try:
        settings = Settings.from_config({**defaults, **given}, "")
    except KeyError as error:
        raise ConfigError(f"the setting {error.args[0]} is missing") from None
    except ValueError as error:
        raise ConfigError(f"a setting cannot be meant so: {error}") from None
    return replace(settings, connect_timeout_seconds=_SECONDS, statement_timeout_seconds=_SECONDS)


def _broken(plugin: Plugin, error: DifError | Exception, advice: str) -> Finding:
    return Finding(f"redshift, {plugin.client}", Verdict.BROKEN, str(error), advice)
