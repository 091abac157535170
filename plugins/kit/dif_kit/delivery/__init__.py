"""The receipt: what a tap says it sent, how a target knows that nothing is missing; and who hears of deliveries."""

from dif_kit.delivery._checksum import UNSEALED, Checksums, Seals
from dif_kit.delivery._incidents import FailedRequest, Incidents
from dif_kit.delivery._mirror import Delivered, Mirror, open_mirror
from dif_kit.delivery._receipt import RECEIPT_KEY, FailedPartition, Receipt, StreamReceipt, Window
from dif_kit.delivery._run import new_run_id, run_id_from_environment
from dif_kit.delivery._totals import SourceTotals

__all__ = [
    "RECEIPT_KEY",
    "UNSEALED",
    "Checksums",
    "Delivered",
    "FailedPartition",
    "FailedRequest",
    "Incidents",
    "Mirror",
    "Receipt",
    "Seals",
    "SourceTotals",
    "StreamReceipt",
    "Window",
    "new_run_id",
    "open_mirror",
    "run_id_from_environment",
]
