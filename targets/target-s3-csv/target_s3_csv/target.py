"""The target's facts: gzipped CSV on S3 is where its data ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.target import Destination, Target, target_settings
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Receipt
    from dif_kit.target import StagedUnit, StreamSchema

__all__ = ["TargetS3Csv"]


class TargetS3Csv(Target):
    """Singer target that writes gzipped CSV with a manifest to S3."""

    name = "target-s3-csv"
    config_jsonschema: ClassVar[dict[str, Any]] = target_settings()

    @override
    def destination(self) -> Destination:
        return StagedIsDelivered()


class StagedIsDelivered:
    """Nothing is left to do: a unit is delivered when its manifest is written."""

    def prepare(self, schema: StreamSchema) -> None:
        """Any schema fits into CSV."""

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        """The manifests are written."""

    def finish(self, receipt: Receipt | None) -> None:
        """Nothing waits for the end."""

    def close(self) -> None:
        """Nothing is open."""
