"""What a tap of dif is made of: the facts are the tap's, the behaviour is here."""

from msgspec import Meta
from singer_sdk.typing import Property

from dif_kit.delivery import SourceTotals
from dif_kit.tap._custom import CustomStream, schema_of
from dif_kit.tap._final import FinalMark
from dif_kit.tap._ids import Choices, IdBatches
from dif_kit.tap._report import ReportStream
from dif_kit.tap._report_facts import ReportStatuses
from dif_kit.tap._schema import COLUMN_TYPES, Columns, known_columns
from dif_kit.tap._selection import selection
from dif_kit.tap._stream import Stream
from dif_kit.tap._tap import Tap
from dif_kit.tap._window import Moments, Window

__all__ = [
    "COLUMN_TYPES",
    "Choices",
    "Columns",
    "CustomStream",
    "FinalMark",
    "IdBatches",
    "Meta",
    "Moments",
    "Property",
    "ReportStatuses",
    "ReportStream",
    "SourceTotals",
    "Stream",
    "Tap",
    "Window",
    "known_columns",
    "schema_of",
    "selection",
]
