"""target-redshift: Singer messages into Amazon Redshift, staged on S3."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from dif_kit.support import Support
from dif_kit.target import FileFormat, Target, target_settings
from singer_sdk import typing as th
from typing_extensions import override

from target_redshift._destination import RedshiftDestination
from target_redshift._rehearsal import RehearsedSession
from target_redshift._settings import LOAD_METHODS, Settings
from target_redshift._types import LONGEST_VARCHAR_BYTES

if TYPE_CHECKING:
    from dif_kit.target import Destination

__all__ = ["TargetRedshift"]


class TargetRedshift(Target):
    """Stages rows as gzipped CSV with a manifest on S3, then COPY and MERGE bring them into tables."""

    name = "target-redshift"
    support = Support.BETA
    config_jsonschema = target_settings(
        th.Property("host", th.StringType, required=True, description="Endpoint of the cluster or workgroup."),
        th.Property("port", th.IntegerType(minimum=1, maximum=65535), default=5439, description="Its port."),
        th.Property("database", th.StringType, required=True, description="Database that holds the schema."),
        th.Property(
            "credential_ref",
            th.StringType,
            description="Who logs in (one of four ways): a reference (env://NAME, file:///absolute/path) to a JSON "
            "object with `user` and `password`.",
        ),
        th.Property(
            "secret_id",
            th.StringType,
            description="Who logs in: a secret of AWS Secrets Manager (name or ARN) with `username` and `password`.",
        ),
        th.Property(
            "cluster",
            th.StringType,
            description="Who logs in: a user that this cluster lends to the target's AWS identity.",
        ),
        th.Property(
            "workgroup",
            th.StringType,
            description="Who logs in: a user that this serverless workgroup lends to the target's AWS identity.",
        ),
        th.Property(
            "cluster_user",
            th.StringType,
            description="With `cluster`: the database user to borrow; otherwise it is named after the identity.",
        ),
        th.Property(
            "aws_role",
            th.StringType,
            description="ARN of a role to assume before AWS is asked for a login.",
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
            allowed_values=list(LOAD_METHODS),
            description="`upsert` keeps one row a key, the latest; `append` keeps every row; `replace` is upsert, and "
            "rows of covered days that did not come again are deleted; `overwrite` leaves the rows of the run alone.",
        ),
        th.Property(
            "load_methods",
            th.ObjectType(additional_properties=th.StringType),
            description='Load methods of single streams, by name or pattern: `{"*_report": "replace"}`; the first '
            "that fits counts.",
        ),
        th.Property(
            "hard_delete",
            th.BooleanType,
            default=False,
            description="Delete rows that ACTIVATE_VERSION drops; otherwise `_sdc_deleted_at` tells when.",
        ),
        th.Property(
            "distribution_keys",
            th.ObjectType(additional_properties=th.StringType),
            description="Distribution key of new tables, by stream name or pattern; otherwise Redshift chooses.",
        ),
        th.Property(
            "sort_keys",
            th.ObjectType(additional_properties=th.ArrayType(th.StringType)),
            description="Sort keys of new tables, by stream name or pattern; otherwise Redshift chooses.",
        ),
        th.Property(
            "grant_select_to",
            th.ArrayType(th.StringType),
            description="Who may read the schema and its tables: `role:<name>`, `group:<name>`, `user:<name>`.",
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
            "parallel_streams",
            th.IntegerType(minimum=1, maximum=16),
            default=2,
            description="How many streams are copied from S3 at the same time, each in a session of its own.",
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

    @property
    @override
    def file_format(self) -> FileFormat:
        """As COPY reads it. An overwrite by nothing is a delivery too: it says why the table is empty."""
        methods = {self.config.get("load_method"), *(self.config.get("load_methods") or {}).values()}
        return FileFormat(empty_streams="manifest" if "overwrite" in methods else "nothing")

    @override
    def destination(self) -> Destination:
        settings = Settings.from_config(self.config, self.settings.tap)
        if self.is_rehearsal:
            logging.getLogger(__name__).warning("dry run: what follows is not done, only said")
            destination = RedshiftDestination(replace(settings, parallel_streams=1), self.store, RehearsedSession)
        else:
            destination = RedshiftDestination(settings, self.store)
        destination.connect()
        return destination

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        what = "Print the SQL that the run would send: nothing is staged, loaded or told; only the catalog is read."
        command.params.append(click.Option(["--dry-run"], is_flag=True, help=what))
        return command

    @classmethod
    @override
    def invoke(cls, *, dry_run: bool = False, **options: Any) -> None:
        if not dry_run:
            super().invoke(**options)
            return
        rehearsal: type[TargetRedshift] = type(cls.__name__, (cls,), {"is_rehearsal": True})
        rehearsal.invoke(**options)
