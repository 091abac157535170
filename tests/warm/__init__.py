"""Processes that start at once: a server has imported the programs' code, and forks for each command.

What runs is what the shell would run, a program's own command line in a process of its own, with the files, environment
and folder that it is given; only its imports are shared. Where the start itself is on trial, tests start real ones.
"""

from warm.becoming import become, program
from warm.process import PATIENCE_SECONDS, Process
from warm.server import Warm

__all__ = ["PATIENCE_SECONDS", "Process", "Warm", "become", "program"]
