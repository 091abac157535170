"""A unit's rows in a temporary table of the session: copied, counted, one row a key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dif_kit.errors import DeliveryError

from target_redshift._failures import Refused
from target_redshift._load_errors import find_load_error
from target_redshift._quarantine import fill_quarantine
from target_redshift._sql import identifier, literal, statement

if TYPE_CHECKING:
    from dif_kit.target import Manifest, StagedUnit

    from target_redshift._connection import Warehouse
    from target_redshift._layout import Layout
    from target_redshift._settings import LoadMethod, Settings

__all__ = ["SEQUENCE", "Stage", "drop", "fill"]

SEQUENCE: Final = "_sdc_sequence"


@dataclass(frozen=True, slots=True)
class Stage:
    """A unit and the temporary table that takes it: the ``number``-th of a load, like the stream's table.

    ``key_properties`` are empty where rows are appended; ``repeated`` counts the rows that went because a later one of
    the unit has their key.
    """

    unit: StagedUnit
    layout: Layout
    number: int
    method: LoadMethod
    key_properties: tuple[str, ...]
    repeated: int = 0

    @property
    def name(self) -> str:
        """The temporary table, quoted."""
        return identifier(f"_dif_stage_{self.number}")

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns as the table names them, quoted."""
        return tuple(identifier(self.layout.names[key]) for key in self.key_properties)

    @property
    def sequence(self) -> str:
        """The column that orders the versions of a row, quoted."""
        return identifier(self.layout.names[SEQUENCE])


def fill(warehouse: Warehouse, settings: Settings, table: str, stage: Stage) -> Stage:
    """COPY a unit into its temporary table like ``table`` (whole name, quoted), check it, leave the latest of each key.

    The answer is the stage with the count of those that went.

    Raises:
        DeliveryError: a value does not fit, a file cannot be read, or rows are missing.
        Refused, ConnectionLost: anything else the warehouse says.
    """
    manifest = stage.unit.manifest
    drop(warehouse, stage)
    warehouse.execute(statement("create_stage", stage=stage.name, table=table))
    if manifest.rows:
        _copy(warehouse, settings, stage)
    staged = warehouse.query(statement("count_stage", stage=stage.name), rehearsed=[(manifest.rows,)])[0][0]
    if staged != manifest.rows:
        raise DeliveryError(
            f"{manifest.url} lists {manifest.rows:,} rows, Redshift read {staged:,}: nothing of it was loaded; "
            f"somebody may have changed the files"
        )
    repeated = 0
    if stage.keys:
        keys = ", ".join(stage.keys)
        repeated = warehouse.change(statement("delete_repeated", stage=stage.name, sequence=stage.sequence, keys=keys))
    fill_quarantine(warehouse, settings, manifest, stage.number)
    return replace(stage, repeated=repeated)


def drop(warehouse: Warehouse, stage: Stage) -> None:
    """Give the temporary table's space back, if there is one; raises as `Warehouse.execute` does."""
    warehouse.execute(statement("drop_stage", stage=stage.name))


def _copy(warehouse: Warehouse, settings: Settings, stage: Stage) -> None:
    manifest = stage.unit.manifest
    options = ""
    if manifest.null != "\\N":
        # The default is left unsaid: how many backslashes COPY's literal wants is documented nowhere.
        options += f"\nNULL AS {literal(manifest.null)}"
    if settings.s3_region:
        options += f"\nREGION AS {literal(settings.s3_region)}"
    copy = statement(
        "copy_stage",
        stage=stage.name,
        columns=", ".join(identifier(stage.layout.names[column.name]) for column in manifest.columns),
        manifest_url=literal(manifest.url),
        iam_role=settings.iam_role,
        options=options,
    )
    try:
        warehouse.execute(copy)
    except Refused as refused:
        if refused.is_passing:
            raise
        raise _explained(warehouse, settings, manifest, refused) from None


def _explained(warehouse: Warehouse, settings: Settings, manifest: Manifest, refused: Refused) -> DeliveryError:
    """COPY's refusal with what to look at."""
    what = f"stream {manifest.stream!r}: nothing of {manifest.url} was loaded"
    found = find_load_error(warehouse, manifest.url.rpartition("/")[0])
    if found is not None:
        return DeliveryError(f"{what}: Redshift refused {found}")
    said = f"{refused}".lower()
    if "not authorized to assume" in said or "not authorized to get credentials" in said:
        advice = f"; attach the role {settings.iam_role} to the warehouse and let redshift.amazonaws.com assume it"
    elif "accessdenied" in said or "status 403" in said:
        advice = f"; let the role {settings.iam_role} read and list the bucket"
    elif "nosuchbucket" in said or "status 404" in said:
        advice = "; check the setting bucket, and that nothing deletes staged files"
    elif "redirect" in said or "status 301" in said:
        advice = "; the bucket is in another region than the warehouse: set s3_region"
    else:
        advice = ""
    return DeliveryError(f"{what}: {refused}{advice}")
