"""What one look at something found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.doctor._project import Project

__all__ = ["Checkup", "Finding", "Verdict"]


class Verdict(StrEnum):
    """How something is; only what is broken makes the exit code 1."""

    GOOD = "ok"
    UNSET = "not set"
    POOR = "look at"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table. What is poor or broken says what to do."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""


class Checkup(Protocol):
    """What an entry point of the group ``dif_kit.checkups`` points to; its name is what it looks at."""

    def __call__(self, project: Project) -> Iterator[Finding]:
        """Look, and tell each finding as soon as it is known.

        Raises:
            ConfigError: what is looked at is not set up.
            DifError: it is broken; the message holds no secret.
        """
