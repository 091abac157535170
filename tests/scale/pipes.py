"""Pipes of tap and target, or of taps alone, whose processes are forks and whose files lie in a folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from warm import Process, Warm

__all__ = ["Command", "Pipes"]


@dataclass(frozen=True)
class Command:
    """A program with its arguments; the files that its output and errors go to."""

    words: Sequence[str]
    errors: str
    output: str = os.devnull
    environment: Mapping[str, str] = field(default_factory=dict)


class Pipes:
    """Runs them, and knows the most memory that one of their processes had."""

    def __init__(self, warm: Warm) -> None:
        self._warm = warm
        self.peak_mebibytes = 0.0

    def run(self, *pipes: Sequence[Command]) -> list[list[int]]:
        """Run pipes beside each other, each the output of one command into the next; the exit codes when all ended."""
        started = [self._start(pipe) for pipe in pipes]
        codes = [[process.wait() for process in pipe] for pipe in started]
        self.peak_mebibytes = max(self.peak_mebibytes, *(each.peak_mebibytes for pipe in started for each in pipe))
        return codes

    def _start(self, commands: Sequence[Command]) -> list[Process]:
        started: list[Process] = []
        source = None
        # A sandbox that another test has used: its pauses outlive a simulated day.
        usual = {name: value for name, value in os.environ.items() if name != "DIF_REDIS_URL"}
        for command in commands:
            with ExitStack() as files:
                is_last = command is commands[-1]
                sink = files.enter_context(Path(command.output).open("wb")) if is_last else subprocess.PIPE
                errors = files.enter_context(Path(command.errors).open("wb"))
                process = self._warm.popen(
                    command.words, stdin=source, stdout=sink, stderr=errors, env={**usual, **command.environment}
                )
            if source is not None:
                source.close()
            source = process.stdout
            started.append(process)
        return started
