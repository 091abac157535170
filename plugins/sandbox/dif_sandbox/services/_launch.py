"""Become a service: drop root if told to, die with the process that asked, then exec.

Run as a script by ``python -I -S`` (about 15 ms). A ``preexec_fn`` would do the same inside the forking process, where
it may deadlock as soon as that process has threads.

Arguments: the asking process's id, the signal to get when it dies (0: none), user id and group id (-1: stay), command.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Never returns: the process is the command afterwards, under the same id and start time."""
    parent, death_signal, user, group = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if death_signal and sys.platform == "linux":
        # After setuid, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(f"{command[0]}: not started, the process that asked for it is gone")
    os.execv(command[0], command)  # noqa: S606 - the command is the sandbox's own


if __name__ == "__main__":
    main(sys.argv[1:])
