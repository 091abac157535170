"""The settings of the warehouse side, read once from the plugin's config."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast, get_args

from dif_kit.errors import ConfigError

from target_redshift._login import Login
from target_redshift._names import fold, table_name
from target_redshift._sql import identifier, literal, qualified

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DELIVERIES", "FENCES", "LOAD_METHODS", "LOCK", "QUARANTINE", "WINDOWS", "LoadMethod", "Settings"]

LoadMethod = Literal["upsert", "append", "replace", "overwrite"]
LOAD_METHODS: Final[tuple[LoadMethod, ...]] = get_args(LoadMethod)

DELIVERIES: Final = "_dif_deliveries"
FENCES: Final = "_dif_fences"
LOCK: Final = "_dif_lock"
QUARANTINE: Final = "_dif_quarantine"
WINDOWS: Final = "_dif_windows"

Value = TypeVar("Value")

_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+")
_GRANTEES: Final = {"role": "ROLE ", "group": "GROUP ", "user": ""}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the warehouse is, who logs in, and how streams become tables.

    ``iam_role`` and ``grantees`` are as they stand in a statement; settings by stream have a pattern of names as key.
    """

    host: str
    port: int
    database: str
    login: Login
    schema: str
    client: str
    tap: str
    iam_role: str
    s3_region: str | None
    load_method: LoadMethod
    load_methods: Mapping[str, LoadMethod]
    hard_delete: bool
    distribution_keys: Mapping[str, str]
    sort_keys: Mapping[str, tuple[str, ...]]
    grantees: tuple[str, ...]
    table_prefix: str
    share_tables: bool
    parallel_streams: int
    connect_timeout_seconds: int
    statement_timeout_seconds: int

    def table(self, stream: str) -> str:
        """The name of a stream's table; raises as `table_name` does."""
        return table_name(stream, self.table_prefix)

    def method(self, stream: str) -> LoadMethod:
        """How the stream's rows get in: by the first pattern that its name fits."""
        return _first_fit(self.load_methods, stream) or self.load_method

    def distribution_key(self, stream: str) -> str | None:
        """The stream's column by which a new table is distributed, if one is set."""
        return _first_fit(self.distribution_keys, stream)

    def sort_key(self, stream: str) -> tuple[str, ...]:
        """The stream's columns by which a new table is sorted, if any are set."""
        return _first_fit(self.sort_keys, stream) or ()

    @property
    def deliveries(self) -> str:
        """The table of deliveries, as it stands in a statement."""
        return qualified(self.schema, DELIVERIES)

    @property
    def quarantine(self) -> str:
        """The table of records that were put aside, as it stands in a statement."""
        return qualified(self.schema, QUARANTINE)

    @property
    def windows(self) -> str:
        """The table of days that were covered, as it stands in a statement."""
        return qualified(self.schema, WINDOWS)

    @property
    def lock(self) -> str:
        """The empty table that a load locks, as it stands in a statement."""
        return qualified(self.schema, LOCK)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], tap: str) -> Settings:
        """The settings of a config whose types the SDK has checked and whose defaults it has filled in.

        ``tap`` is the name under which the run stages its rows.

        Raises:
            ConfigError: a value cannot be meant so.
        """
        return cls(
            host=str(config["host"]),
            port=int(config["port"]),
            database=str(config["database"]),
            login=Login.from_config(config),
            client=str(config["client"]),
            tap=tap,
            schema=fold(str(config["schema"])),
            iam_role=_iam_role(str(config["iam_role"])),
            s3_region=config.get("s3_region"),
            load_method=cast("LoadMethod", config["load_method"]),
            load_methods=_load_methods(config.get("load_methods") or {}),
            hard_delete=bool(config.get("hard_delete", False)),
            distribution_keys=dict(config.get("distribution_keys") or {}),
            sort_keys={glob: tuple(keys) for glob, keys in (config.get("sort_keys") or {}).items()},
            grantees=tuple(map(_grantee, config.get("grant_select_to") or ())),
            table_prefix=str(config.get("table_prefix") or ""),
            share_tables=bool(config["share_tables"]),
            parallel_streams=int(config.get("parallel_streams") or 1),
            connect_timeout_seconds=int(config["connect_timeout_seconds"]),
            statement_timeout_seconds=int(config["statement_timeout_seconds"]),
        )


def _first_fit(by_glob: Mapping[str, Value], stream: str) -> Value | None:
    return next((value for glob, value in by_glob.items() if fnmatchcase(stream, glob)), None)


def _load_methods(given: Mapping[str, Any]) -> dict[str, LoadMethod]:
    for glob, method in given.items():
        if method not in LOAD_METHODS:
            raise ConfigError(f"load_methods: {glob!r} is {method!r}; it can be {', '.join(LOAD_METHODS)}")
    return dict(given)


def _grantee(value: str) -> str:
    kind, colon, name = str(value).partition(":")
    if not colon or kind not in _GRANTEES or not name:
        raise ConfigError(f"grant_select_to: {value!r} is not role:<name>, group:<name> or user:<name>")
    return _GRANTEES[kind] + identifier(name.lower())


def _iam_role(value: str) -> str:
    if value == "default":
        return value
    if not all(_ROLE.fullmatch(arn) for arn in value.split(",")):
        raise ConfigError(
            f"iam_role {value!r} is no role: give its ARN (arn:aws:iam::<account>:role/<name>, several with commas to "
            f"chain them) or the word default for the warehouse's own default role"
        )
    return literal(value)
