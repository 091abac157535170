"""The errors of dif, a small tree by what the caller can do about each."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

__all__ = [
    "AlreadyRunningError",
    "BudgetError",
    "ConfigError",
    "CredentialError",
    "CredentialKeeperError",
    "Deferred",
    "DeliveryError",
    "DifError",
    "ExitCode",
    "ExtractionError",
    "NotReadyError",
    "PartialRunError",
    "RefusedCredentialError",
    "SpentBudgetError",
]


class ExitCode(IntEnum):
    """What a dif process says when it ends."""

    COMPLETE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    ALREADY_RUNNING = 4
    DEFERRED = 75  # EX_TEMPFAIL of sysexits.h: come back at `retry_at`


class DifError(Exception):
    """A failure whose message a person on call can act on; it is shown without a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED


class ConfigError(DifError):
    """A setting is missing or wrong: change the setting."""

    exit_code = ExitCode.USAGE


class CredentialError(DifError):
    """A credential is missing, malformed, refused or revoked: renew the credential."""


class CredentialKeeperError(CredentialError):
    """Whoever keeps credentials cannot be used: look at the keeper, not at the credential."""


class RefusedCredentialError(CredentialError):
    """The provider refuses the credential: asking again does not help."""


class BudgetError(DifError):
    """The store that shares budgets and leases cannot be used: look at Redis."""


class AlreadyRunningError(DifError):
    """Another run of the same tap for the same client is alive: nothing was done; wait for it."""

    exit_code = ExitCode.ALREADY_RUNNING


class ExtractionError(DifError):
    """The provider's answer is a permanent refusal or could not be understood: look at the request."""


class NotReadyError(ExtractionError):
    """What was ordered from the provider takes longer than a run waits: run again at `retry_at` (epoch seconds)."""

    def __init__(self, message: str, *, retry_at: float) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class DeliveryError(DifError):
    """Data could not be made durable: look at S3 or the warehouse. Nothing after the last STATE is committed."""


class PartialRunError(DifError):
    """Part of the data is missing, the rest is delivered: look at the parts named, run again."""

    exit_code = ExitCode.PARTIAL


class Deferred(DifError):  # noqa: N818 - not a fault: the work is asked to come back later
    """The work must wait longer than a process should sleep: run again at `retry_at` (epoch seconds)."""

    exit_code = ExitCode.DEFERRED

    def __init__(self, message: str, *, retry_at: float) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class SpentBudgetError(Deferred):
    """A budget has nothing left for longer than a process should sleep; what is paid from others may go on.

    ``everywhere`` names the budgets that are spent for all that a run reads; none where it is about one partition.
    """

    def __init__(self, message: str, *, retry_at: float, everywhere: frozenset[str] = frozenset()) -> None:
        super().__init__(message, retry_at=retry_at)
        self.everywhere = everywhere
