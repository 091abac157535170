"""The settings of the warehouse side, read once from the plugin's config."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from dif_kit.errors import ConfigError

from target_redshift._names import fold, table_name
from target_redshift._sql import literal, qualified

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DELIVERIES", "LOCK", "LoadMethod", "Settings"]

LoadMethod = Literal["upsert", "append"]

DELIVERIES: Final = "_dif_deliveries"
LOCK: Final = "_dif_lock"

_ROLE: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the warehouse is, who logs in, and how streams become tables. ``iam_role`` is as COPY writes it."""

    host: str
    port: int
    database: str
    credential_ref: str
    schema: str
    tap: str
    iam_role: str
    s3_region: str | None
    load_method: LoadMethod
    table_prefix: str
    share_tables: bool
    connect_timeout_seconds: int
    statement_timeout_seconds: int

    def table(self, stream: str) -> str:
        """The name of a stream's table; raises as `table_name` does."""
        return table_name(stream, self.table_prefix)

    @property
    def deliveries(self) -> str:
        """The table of deliveries, as it stands in a statement."""
        return qualified(self.schema, DELIVERIES)

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
            credential_ref=str(config["credential_ref"]),
            tap=tap,
            schema=fold(str(config["schema"])),
            iam_role=_iam_role(str(config["iam_role"])),
            s3_region=config.get("s3_region"),
            load_method=cast("LoadMethod", config["load_method"]),
            table_prefix=str(config.get("table_prefix") or ""),
            share_tables=bool(config["share_tables"]),
            connect_timeout_seconds=int(config["connect_timeout_seconds"]),
            statement_timeout_seconds=int(config["statement_timeout_seconds"]),
        )


def _iam_role(value: str) -> str:
    if value == "default":
        return value
    if not all(_ROLE.fullmatch(arn) for arn in value.split(",")):
        raise ConfigError(
            f"iam_role {value!r} is no role: give its ARN (arn:aws:iam::<account>:role/<name>, several with commas to "
            f"chain them) or the word default for the warehouse's own default role"
        )
    return literal(value)
