"""The settings that every batch target has."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from singer_sdk import typing as th

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SAFE_NAME", "UNKNOWN_FIELDS", "Settings", "target_settings"]

MEBIBYTE: Final = 1024 * 1024
UNKNOWN_FIELDS: Final = ("evolve", "quarantine", "fail")
SAFE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*")
SAFE_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9._=-]+/)*[A-Za-z0-9._=-]*")


def target_settings(*properties: th.Property[Any]) -> dict[str, Any]:
    """The ``config_jsonschema`` of a batch target: what every one has, then its own ``properties``."""
    return th.PropertiesList(*_shared(), *properties).to_dict()


def _shared() -> list[th.Property[Any]]:
    return [
        th.Property("bucket", th.StringType, required=True, description="S3 bucket that takes the staged files."),
        th.Property("prefix", th.StringType, default="", description="What every key begins with, as `raw/marketing`."),
        th.Property("client", th.StringType, required=True, description="Whose data it is; a part of every key."),
        th.Property("tap", th.StringType, description="Name of the tap in keys; MELTANO_EXTRACTOR_NAME, else `tap`."),
        th.Property("endpoint_url", th.StringType, description="S3 endpoint, where it is not AWS's own."),
        th.Property("sse_kms_key_id", th.StringType, description="KMS key (id or ARN) that encrypts every object."),
        th.Property(
            "unknown_fields",
            th.StringType,
            default="evolve",
            allowed_values=list(UNKNOWN_FIELDS),
            description="A field that the SCHEMA has not: `evolve` adds a column, `quarantine` puts the record aside, "
            "`fail` ends the run.",
        ),
        th.Property(
            "max_part_bytes",
            th.IntegerType(minimum=64 * 1024),
            default=64 * MEBIBYTE,
            description="Compressed size at which a part ends and the next begins.",
        ),
        th.Property(
            "max_line_bytes",
            th.IntegerType(minimum=1024),
            default=64 * MEBIBYTE,
            description="Longest input line; a longer one ends the run.",
        ),
        th.Property(
            "checkpoint_rows",
            th.IntegerType(minimum=1),
            default=5_000_000,
            description="Deliver, then emit STATE, after this many rows.",
        ),
        th.Property(
            "checkpoint_bytes",
            th.IntegerType(minimum=1),
            default=1024 * MEBIBYTE,
            description="Deliver, then emit STATE, after this many bytes of input.",
        ),
        th.Property(
            "checkpoint_seconds",
            th.IntegerType(minimum=1),
            default=600,
            description="Deliver, then emit STATE, after this many seconds.",
        ),
        th.Property(
            "max_quarantined_rows",
            th.IntegerType(minimum=0),
            default=10_000,
            description="More records put aside than this end the run.",
        ),
        th.Property(
            "mapper_between",
            th.BooleanType,
            default=False,
            description="A mapper stands between tap and target and may change lines: the tap's count and checksum of "
            "them are not compared with what arrives.",
        ),
        th.Property(
            "s3_retry_seconds",
            th.IntegerType(minimum=0),
            default=120,
            description="How long one S3 call may be tried again before the run fails.",
        ),
    ]


class Settings(msgspec.Struct, frozen=True):
    """The settings of one run, checked."""

    bucket: str
    client: str
    prefix: str = ""
    tap: str = "tap"
    endpoint_url: str | None = None
    encryption: Literal["bucket", "s3", "kms"] = "bucket"
    sse_kms_key_id: str | None = None
    role_arn: str | None = None
    role_external_id: str | None = None
    unknown_fields: Literal["evolve", "quarantine", "fail"] = "evolve"
    max_part_bytes: int = 64 * MEBIBYTE
    max_line_bytes: int = 64 * MEBIBYTE
    checkpoint_rows: int = 5_000_000
    checkpoint_bytes: int = 1024 * MEBIBYTE
    checkpoint_seconds: int = 600
    max_quarantined_rows: int = 10_000
    mapper_between: bool = False
    s3_retry_seconds: int = 120
    add_record_metadata: bool = True
    process_activate_version_messages: bool = True

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Read the settings that every batch target has.

        Raises:
            ConfigError: a name cannot stand in an S3 key, or a setting contradicts another.
        """
        given = {name: value for name in cls.__struct_fields__ if (value := config.get(name)) is not None}
        given["tap"] = given.get("tap") or os.environ.get("MELTANO_EXTRACTOR_NAME") or "tap"
        given["prefix"] = given.get("prefix", "").strip("/")
        for setting in ("client", "tap"):
            if not SAFE_NAME.fullmatch(given[setting]):
                raise ConfigError(f"{setting} is {given[setting]!r}: use letters, digits, '.', '_', '=' and '-' only")
        if not SAFE_PREFIX.fullmatch(given["prefix"]):
            raise ConfigError(f"prefix is {given['prefix']!r}: use letters, digits, '.', '_', '=', '-' and '/' only")
        if given.get("encryption") == "s3" and given.get("sse_kms_key_id"):
            raise ConfigError("encryption is 's3', but sse_kms_key_id names a KMS key: set one of them")
        try:
            return msgspec.convert(given, cls)
        except msgspec.ValidationError as error:
            raise ConfigError(f"settings of the target: {error}") from error
