"""The fence: of all runs of one client and tap only the latest writes; an earlier one that wakes up is refused.

A backfill has a fence of its own: it runs beside live runs, and neither takes over from the other.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from dif_kit.errors import DeliveryError

from target_redshift._failures import Refused
from target_redshift._settings import FENCES
from target_redshift._sql import literal, qualified, statement

if TYPE_CHECKING:
    from target_redshift._connection import Warehouse
    from target_redshift._settings import Settings

__all__ = ["Fence", "FencedOffError"]

logger = logging.getLogger(__name__)


class FencedOffError(DeliveryError):
    """A later run of the same client and tap has taken over: this one writes nothing more."""


class Fence:
    """The place of this run in the order of all runs of its client and tap, kept in the schema itself.

    A run takes its number at its start, and goes before the others when it has something to load: one whose tap says
    nothing, because another run is at work, ends nobody. Of runs with the same number the first to go before the others
    is the only one. It needs no clock and no other service: the numbers are noted and looked at under the lock of the
    schema's loads, in the transaction that holds the rows.
    """

    def __init__(self, warehouse: Warehouse, settings: Settings, first: Fence | None = None) -> None:
        """``first`` is the fence of the run's first session, if this is another one."""
        self._warehouse = warehouse
        self._settings = settings
        self._parts = {
            "fences": qualified(settings.schema, FENCES),
            "client": literal(settings.client),
            "tap": literal(settings.tap + ("/backfill" if os.environ.get("DIF_PRIORITY") == "backfill" else "")),
        }
        self._first = first
        self.number = 0
        self._is_held = False
        self._opened = 0
        self._session: tuple[int, str] | None = None

    def enroll(self) -> None:
        """Take the number after the latest run's, once, without a word to it; raises as `Warehouse.execute` does."""
        self._warehouse.open()
        if not self.number:
            self.number = self._latest()[0] + 1

    def hold(self) -> None:
        """Go before every earlier run, once, and note this session.

        Raises:
            FencedOffError: a run that started no earlier has gone before.
            Refused, ConnectionLost: as `Warehouse.execute` does.
        """
        self._warehouse.open()
        if self._first is not None:
            self.number, self._is_held = self._first.number, True
        if not self._is_held:
            self._go_before()
        elif self._opened != self._warehouse.sessions:
            self._end(self._session)
            self._note(self.number)

    def _go_before(self) -> None:
        self._is_to_be_noted()  # or a run that came too late would end the sessions of the one at work
        self._end_earlier_sessions()
        with self._warehouse.transaction():
            self._warehouse.execute(statement("lock_loads", lock=self._settings.lock))
            if self._is_to_be_noted():
                self._note(self.number)
        self._is_held = True

    def _is_to_be_noted(self) -> bool:
        """Whether nobody has gone before; False if this run has, and the answer to its COMMIT was lost."""
        latest, taken_at = self._latest()
        if latest < self.number:
            return True
        if self._session is None or str(taken_at) != self._session[1]:
            raise self._fenced_off(taken_at)
        return False

    def check(self) -> None:
        """Refuse to go on if a later run has taken over; the answer holds for as long as the loads are locked.

        Raises:
            FencedOffError: this run is no longer the latest.
            Refused, ConnectionLost: as `Warehouse.execute` does.
        """
        latest, taken_at = self._latest()
        if latest > self.number:
            raise self._fenced_off(taken_at)

    def _fenced_off(self, taken_at: object) -> FencedOffError:
        return FencedOffError(
            f"fenced off: another run of {self._settings.tap!r} for client {self._settings.client!r} took over at "
            f"{taken_at} UTC; nothing more of this run is loaded into schema {self._settings.schema!r}"
        )

    def _latest(self) -> tuple[int, object]:
        found = self._warehouse.query(statement("find_fence", **self._parts))
        return (int(found[0][0]), found[0][1]) if found else (0, None)

    def _note(self, number: int) -> None:
        session, moment = self._warehouse.query(statement("find_own_session"))[0]
        self._session, self._opened = (int(session), str(moment)), self._warehouse.sessions
        self._warehouse.execute(
            statement("note_fence", number=number, session=session, moment=literal(str(moment)), **self._parts)
        )

    def _end_earlier_sessions(self) -> None:
        """A process that was frozen inside a transaction would hold the lock for as long as it sleeps."""
        for session, noted_at in self._warehouse.query(statement("find_fenced_sessions", **self._parts)):
            self._end((int(session), str(noted_at)))

    def _end(self, noted: tuple[int, str] | None) -> None:
        """End a session if it is still there: one that was given up for lost may still hold the lock."""
        if noted is None:
            return
        session, noted_at = noted
        find = statement("find_session", session=session, noted_at=literal(noted_at))
        try:
            if self._warehouse.query(find):
                self._warehouse.query(statement("end_session", session=session), rehearsed=[])
                logger.info("ended session %s, which was lost or an earlier run's", session)
        except Refused as refused:
            # Not every warehouse shows its sessions; if one still holds the lock, the statement time-out says so.
            logger.debug("session %s cannot be ended: %s", session, refused)
