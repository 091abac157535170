"""The receipt: what a tap says it sent, and how a target knows that nothing is missing."""

from dif_kit.delivery._checksum import UNSEALED, Checksums, Seals
from dif_kit.delivery._incidents import FailedRequest, Incidents
from dif_kit.delivery._receipt import RECEIPT_KEY, FailedPartition, Receipt, StreamReceipt, Window
from dif_kit.delivery._run import new_run_id, run_id_from_environment

__all__ = [
    "RECEIPT_KEY",
    "UNSEALED",
    "Checksums",
    "FailedPartition",
    "FailedRequest",
    "Incidents",
    "Receipt",
    "Seals",
    "StreamReceipt",
    "Window",
    "new_run_id",
    "run_id_from_environment",
]
