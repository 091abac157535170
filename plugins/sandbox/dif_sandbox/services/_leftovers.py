"""What a supervisor that was killed left running: found by its state file, ended."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._processes import wait_until_gone
from dif_sandbox.services.seaweed import Seaweed, remove_sockets

if TYPE_CHECKING:
    from dif_sandbox.services._state import State

__all__ = ["end_leftovers"]

GRACE_SECONDS: Final = 15.0
KILL_SECONDS: Final = 5.0


def end_leftovers(state: State) -> list[str]:
    """End the services that a state names, in good order or else at once; the answer is the names of those that ran.

    A process is one of them only if id, start time and executable are the recorded ones.

    Raises:
        SandboxError: one does not end even when killed.
    """
    running = [(record, process) for record in state.services if (process := record.running)]
    for record, process in reversed(running):
        process.send(signal.Signals(record.stop_signal))
    stubborn = wait_until_gone([process for _, process in running], GRACE_SECONDS)
    for process in stubborn:
        process.send(signal.SIGKILL)
    if left := wait_until_gone(stubborn, KILL_SECONDS):
        message = f"processes of the sandbox do not end: {', '.join(str(process.pid) for process in left)}"
        raise SandboxError(message)
    for record in state.services:
        remove_sockets(record.ports if record.name == Seaweed.name else {})
    return [record.name for record, _ in running]
