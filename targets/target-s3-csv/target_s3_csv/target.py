"""The target's facts: CSV on S3 is where its data ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.support import Support
from dif_kit.target import (
    Destination,
    FileFormat,
    Noted,
    Settings,
    Store,
    Target,
    point_to_latest,
    target_settings,
)
from singer_sdk import typing as th
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Receipt
    from dif_kit.target import StagedUnit, StreamSchema

__all__ = ["TargetS3Csv"]


class TargetS3Csv(Target):
    """Singer target that writes CSV with a manifest to S3, or to a local folder."""

    name = "target-s3-csv"
    support = Support.BETA
    schemes: ClassVar[tuple[str, ...]] = ("s3", "file")
    config_jsonschema: ClassVar[dict[str, Any]] = target_settings(
        th.Property(
            "naming",
            th.StringType,
            description="Where below `<prefix>/<client>/<tap>` a file of rows lies; `{stream}/{run_id}/{unit}/{part}`, "
            "with `partition_by` `{stream}/{partition}/{run_id}/{unit}/{part}`. Also `{date}`, `{year}`, `{month}`, "
            "`{day}`, `{hour}` of the run's start in UTC. What could give two files one name is refused.",
        ),
        th.Property(
            "partition_by",
            th.StringType,
            description="Field by whose values rows are split into folders, as `date=2026-01-31`; moments by their "
            "day. A stream that has no such field is not split.",
        ),
        th.Property(
            "compression",
            th.StringType,
            default="gzip",
            allowed_values=["gzip", "zstd", "none"],
            description="How files of rows are packed.",
        ),
        th.Property(
            "quoting",
            th.StringType,
            default="text",
            allowed_values=["text", "minimal", "all"],
            description="What stands in double quotes: `text`, `all`, or what needs it (`minimal`). NULL never does.",
        ),
        th.Property(
            "null_text",
            th.StringType,
            default="\\N",
            description="Text that stands for NULL; where a value equals it, another one does, as the manifest says.",
        ),
        th.Property(
            "empty_streams",
            th.StringType,
            default="nothing",
            allowed_values=["nothing", "manifest", "header"],
            description="What a stream without records leaves: nothing, a manifest without files, or one with a file "
            "that is a header.",
        ),
        th.Property(
            "latest_pointer",
            th.BooleanType,
            default=True,
            description="Write `<stream>/latest.json`, which names the last run and its units; needs s3:GetObject.",
        ),
        th.Property(
            "encryption",
            th.StringType,
            default="bucket",
            allowed_values=["bucket", "s3", "kms"],
            description="Encryption on S3: as the bucket has it, SSE-S3, or SSE-KMS with AWS's own key unless "
            "`sse_kms_key_id` names one.",
        ),
        th.Property("role_arn", th.StringType, description="IAM role to take on before S3 is called."),
        th.Property("role_external_id", th.StringType, description="External id that the role asks for."),
    )

    @property
    @override
    def file_format(self) -> FileFormat:
        return FileFormat.from_config(self.config)

    @override
    def destination(self) -> Destination:
        if self.config.get("latest_pointer", True):
            return Pointing(self.settings, self.store)
        return StagedIsDelivered()


class StagedIsDelivered:
    """Nothing is left to do: a unit is delivered when its manifest is written."""

    def prepare(self, schema: StreamSchema) -> None:
        """Any schema fits into CSV."""

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        """The manifests are written."""

    def finish(self, receipt: Receipt | None) -> None:
        """Nothing waits for the end."""

    def noted(self, units: Sequence[StagedUnit]) -> Sequence[Noted]:
        """All of them are there as they were staged."""
        now = datetime.now(UTC)
        return [Noted(unit.manifest, unit.manifest.rows, None, now) for unit in units]

    def close(self) -> None:
        """Nothing is open."""


class Pointing(StagedIsDelivered):
    """Tells readers which units are the last."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        """Move the pointers of the streams; raises DeliveryError."""
        point_to_latest(self._store, self._settings, units)
