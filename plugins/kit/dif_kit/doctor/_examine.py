"""All checkups side by side, and none longer than the doctor's patience."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from dif_kit._extensions import extensions
from dif_kit.credentials import redact
from dif_kit.doctor._finding import Finding, Verdict
from dif_kit.errors import BudgetError, ConfigError, CredentialError, DifError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.doctor._finding import Checkup
    from dif_kit.doctor._project import Project

__all__ = ["GROUP", "PATIENCE_SECONDS", "examine"]

GROUP: Final = "dif_kit.checkups"
PATIENCE_SECONDS: Final = 8.0
_SCHEMES: Final = "dif_kit.credentials"
_ADVICE: Final[Mapping[type[DifError], str]] = {
    BudgetError: "start Redis or Valkey, or correct DIF_REDIS_URL",
    CredentialError: "put the credential anew: vault put <client>/<channel>",
}
_USUAL_ADVICE: Final = "correct what was found, then run make doctor again"


class _Look:
    """One checkup in a thread that may be left behind: a daemon, so that it keeps no process alive."""

    def __init__(self, name: str, checkup: Checkup, project: Project) -> None:
        self._name, self._checkup, self._project = name, checkup, project
        self._found: list[Finding] = []
        self._thread = threading.Thread(target=self._look, name=f"checkup {name}", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            for finding in self._checkup(self._project):
                self._found.append(finding)
        except ConfigError as error:
            self._found.append(Finding(self._name, Verdict.UNSET, redact(str(error))))
        except DifError as error:
            advice = next((text for kind, text in _ADVICE.items() if isinstance(error, kind)), _USUAL_ADVICE)
            self._found.append(Finding(self._name, Verdict.BROKEN, redact(str(error)), advice))
        except Exception as error:  # noqa: BLE001 - one look that fails must not hide the others
            what = redact(f"{type(error).__name__}: {error}")
            self._found.append(Finding(self._name, Verdict.BROKEN, what, _USUAL_ADVICE))

    def findings(self, until: float) -> list[Finding]:
        self._thread.join(max(0.0, until - time.monotonic()))
        found = list(self._found)
        if self._thread.is_alive():
            advice = "look at its address, and at a firewall that drops instead of refusing"
            found.append(Finding(self._name, Verdict.BROKEN, "no answer in time; the rest was not looked at", advice))
        return found


def examine(
    project: Project, checkups: Mapping[str, Checkup] | None = None, *, patience: float = PATIENCE_SECONDS
) -> list[Finding]:
    """What every checkup finds, in the order of their names; those of the installed packages if none are given."""
    until = time.monotonic() + patience
    if checkups is None:
        # One after the other: modules that import each other are seen half made by a second thread.
        for point in extensions(_SCHEMES).values():
            point.load()
        checkups = {name: point.load() for name, point in extensions(GROUP).items()}
    looks = [_Look(name, checkup, project) for name, checkup in sorted(checkups.items())]
    return [finding for look in looks for finding in look.findings(until)]
