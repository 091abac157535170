"""The batch engine of targets: Singer messages into rows on S3, delivered before STATE is told."""

from dif_kit.target._files import (
    fetch_part,
    find_manifests,
    find_objects,
    read_bytes,
    read_current_rows,
    read_manifest,
    read_rows,
    written_at,
)
from dif_kit.target._formats import FileFormat
from dif_kit.target._latest import Latest, point_to_latest
from dif_kit.target._ports import (
    Column,
    ColumnKind,
    Destination,
    Manifest,
    Noted,
    Part,
    Received,
    StagedUnit,
    StreamSchema,
)
from dif_kit.target._reading import DeliveredTables, Delivery, Placed, open_tables
from dif_kit.target._settings import Settings, target_settings
from dif_kit.target._store import Store
from dif_kit.target._target import Target

__all__ = [
    "Column",
    "ColumnKind",
    "DeliveredTables",
    "Delivery",
    "Destination",
    "FileFormat",
    "Latest",
    "Manifest",
    "Noted",
    "Part",
    "Placed",
    "Received",
    "Settings",
    "StagedUnit",
    "Store",
    "StreamSchema",
    "Target",
    "fetch_part",
    "find_manifests",
    "find_objects",
    "open_tables",
    "point_to_latest",
    "read_bytes",
    "read_current_rows",
    "read_manifest",
    "read_rows",
    "target_settings",
    "written_at",
]
