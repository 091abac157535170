"""The seams of the SDK's Tap: the run as a whole, STATE, signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import singer_sdk
from singer_sdk.singerlib import StateMessage
from typing_extensions import override

from dif_kit._sdk._writer import Writer
from dif_kit.delivery import Checksums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

__all__ = ["SdkTap"]


class SdkTap(singer_sdk.Tap):
    """A tap that says when a run begins and ends, writes STATE by our rule and hears signals without acting on them."""

    message_writer_class = Writer

    def run(self, sync: Callable[[], None]) -> None:
        """Do one run: ``sync`` is the SDK's own walk over all streams."""
        raise NotImplementedError

    def trial(self, test: Callable[[], bool]) -> bool:
        """Try the connection; ``test`` is the SDK's own way, which reads one row of each stream."""
        raise NotImplementedError

    def state_due(self, bookmarks: Mapping[str, Any]) -> None:
        """The SDK would write STATE now."""
        raise NotImplementedError

    def signalled(self, number: int) -> None:
        """A signal asks the process to end."""
        raise NotImplementedError

    def write_state_value(self, value: Mapping[str, Any]) -> None:
        """Write one STATE message, sealed if it goes through our own writer."""
        writer = self.message_writer
        if isinstance(writer, Writer):
            writer.write_state(value)
        else:
            self.write_message(_State(value=value))

    @property
    def checksums(self) -> Checksums:
        """The checksums of what was sent; none, if it goes through another writer than ours."""
        writer = self.message_writer
        return writer.checksums if isinstance(writer, Writer) else Checksums()

    @override
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._state_writer = _StateSeam(self.state_due)  # type: ignore[assignment]  # it has the one method in use

    @override  # type: ignore[misc]  # final for type checkers only, and the one place around a whole run
    def sync_all(self) -> None:
        self.run(super().sync_all)

    @override  # type: ignore[misc]  # final for type checkers only
    def run_connection_test(self) -> bool:
        return self.trial(super().run_connection_test)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Never write from inside a signal handler: it may have interrupted a write."""
        self.signalled(signum)


class _State(StateMessage):
    """The SDK's message without its deep copy, which for many partitions takes longer than everything else."""

    @override
    def to_dict(self) -> dict[str, Any]:
        return {"type": "STATE", "value": self.value}


class _StateSeam:
    def __init__(self, state_due: Callable[[Mapping[str, Any]], None]) -> None:
        self._state_due = state_due

    def write_state(self, state: Mapping[str, Any]) -> None:
        self._state_due(state)
