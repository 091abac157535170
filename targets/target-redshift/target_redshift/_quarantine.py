"""The records that a unit put aside, as rows of a table: what is missing can be asked for where it is missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from target_redshift._sql import identifier, literal, moment, statement

if TYPE_CHECKING:
    from dif_kit.target import Manifest

    from target_redshift._connection import Warehouse
    from target_redshift._settings import Settings

__all__ = ["fill_quarantine", "note_quarantined"]


def fill_quarantine(warehouse: Warehouse, settings: Settings, manifest: Manifest, number: int) -> None:
    """COPY a unit's quarantine file into the ``number``-th temporary table; raises as `Warehouse.execute` does."""
    if not manifest.quarantine_url:
        return
    stage = _stage(number)
    warehouse.execute(statement("drop_stage", stage=stage))
    warehouse.execute(statement("create_quarantine_stage", stage=stage))
    warehouse.execute(
        statement(
            "copy_quarantine",
            stage=stage,
            quarantine_url=literal(manifest.quarantine_url),
            iam_role=settings.iam_role,
            options=f"\nREGION AS {literal(settings.s3_region)}" if settings.s3_region else "",
        )
    )


def note_quarantined(warehouse: Warehouse, settings: Settings, manifest: Manifest, number: int) -> None:
    """Add what was put aside to the table of quarantine, in the transaction of the unit's rows.

    Records that COPY could not show are counted in a row of their own, so that the table never shows too little.
    """
    if not manifest.quarantine_url:
        return
    stage = _stage(number)
    facts = {
        "quarantine": settings.quarantine,
        "delivery_id": literal(manifest.delivery_id),
        "run_id": literal(manifest.run_id),
        "client": literal(manifest.client),
        "tap": literal(manifest.tap),
        "stream": literal(manifest.stream),
        "file": literal(manifest.quarantine_url),
        "moment": moment(datetime.now(UTC)),
    }
    warehouse.execute(statement("insert_quarantine", stage=stage, **facts))
    shown = int(warehouse.query(statement("count_stage", stage=stage), [(manifest.quarantined,)])[0][0])
    if shown < manifest.quarantined:
        reason = literal(f"{manifest.quarantined - shown} records are too long to be shown here: see the file")
        warehouse.execute(statement("insert_unshown", reason=reason, **facts))


def _stage(number: int) -> str:
    return identifier(f"_dif_quarantine_{number}")
