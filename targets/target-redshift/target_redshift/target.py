"""target-redshift: Singer messages into Amazon Redshift, staged on S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_kit.target import Target, target_settings
from singer_sdk import typing as th
from typing_extensions import override

from target_redshift._destination import RedshiftDestination
from target_redshift._settings import Settings
from target_redshift._types import LONGEST_VARCHAR_BYTES

if TYPE_CHECKING:
    from dif_kit.target import Destination

__all__ = ["TargetRedshift"]


class TargetRedshift(Target):
    """Stages rows as gzipped CSV with a manifest on S3, then COPY and MERGE bring them into tables."""

    name = "target-redshift"
    config_jsonschema = target_settings(
        th.Property("host", th.StringType, required=True, description="Endpoint of the cluster or workgroup."),
        th.Property("port", th.IntegerType(minimum=1, maximum=65535), default=5439, description="Its port."),
        th.Property("database", th.StringType, required=True, description="Database that holds the schema."),
        th.Property(
            "credential_ref",
            th.StringType,
            required=True,
            description="Where the login is: a reference (env://NAME, file:///absolute/path) to a JSON object with "
            "`user` and `password`.",
        ),
        th.Property(
            "schema", th.StringType, required=True, description="Schema that takes the tables; made if it is missing."
        ),
        th.Property(
            "iam_role",
            th.StringType,
            required=True,
            description="ARN of the role with which the warehouse reads the bucket (several with commas: a chain), or "
            "`default`.",
        ),
        th.Property(
            "s3_region", th.StringType, description="Region of the bucket, where it is not the warehouse's own."
        ),
        th.Property(
            "load_method",
            th.StringType,
            default="upsert",
            allowed_values=["upsert", "append"],
            description="`upsert` keeps one row a key, the latest; `append` keeps every row. A stream without keys is "
            "appended.",
        ),
        th.Property(
            "table_prefix",
            th.StringType,
            default="",
            description="What every table begins with, as `pinterest_`.",
        ),
        th.Property(
            "share_tables",
            th.BooleanType,
            default=False,
            description="Let streams of several taps load one table; otherwise a table belongs to the first.",
        ),
        th.Property(
            "connect_timeout_seconds",
            th.IntegerType(minimum=1),
            default=30,
            description="How long the warehouse may take to let the target in.",
        ),
        th.Property(
            "statement_timeout_seconds",
            th.IntegerType(minimum=1),
            default=3600,
            description="How long one statement may take, waiting for another load included.",
        ),
    )
    # https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html, limitations-super.html, r_COPY.html
    max_text_bytes = LONGEST_VARCHAR_BYTES
    max_nested_bytes = 16_000_000
    max_row_bytes = 4_000_000

    @override
    def destination(self) -> Destination:
        destination = RedshiftDestination(Settings.from_config(self.config, self.settings.tap))
        destination.connect()
        return destination
