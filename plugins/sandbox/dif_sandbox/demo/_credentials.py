"""The clients' credentials go into the vault, as a new client's do: by the command of that name."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final

from dif_sandbox.demo._pipeline import PipelineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["keep_credentials"]

LONGEST_SECONDS: Final = 60


def keep_credentials(environment: Mapping[str, str], folder: Path) -> None:
    """Make the vault's tables and import what the sandbox made up for its clients.

    Raises:
        PipelineError: it did not work; the message is the command's own.
    """
    source = environment["DIF_CREDENTIALS"].removeprefix("file://")
    for command in (["vault", "init"], ["vault", "import", source]):
        with (folder / "vault.log").open("ab") as log:
            done = subprocess.run(
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        if done.returncode:
            last = (folder / "vault.log").read_text(errors="replace").strip().split("\n")[-1]
            message = f"`{' '.join(command)}` ended with exit code {done.returncode}: {last}"
            raise PipelineError(message)
