"""A service of this package's own: a Python module that reads a configuration and writes a file when it is ready."""

from __future__ import annotations

import json
import os
import sys
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_sandbox.services.ports import is_listening
from dif_sandbox.services.service import Service

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PythonService", "write_private"]

OTHERS_SETTINGS: Final = ("AWS_", "DIF_", "PG", "SANDBOX_", "SSL_", "TAP_", "TARGET_")


class PythonService(Service):
    """``python -m <module> --config <file>``; ready when the file ``ready_file`` of its configuration is there."""

    module: ClassVar[str]

    @abstractmethod
    def configuration(self) -> dict[str, Any]:
        """What the module is told, as JSON, beside ``ready_file``."""

    @property
    def ready(self) -> dict[str, Any]:
        """What the module said when it was ready."""
        said: dict[str, Any] = json.loads(self._ready_file.read_text())
        return said

    def command(self) -> list[str]:
        """The module, without the caller's folder on its path."""
        return [sys.executable, "-P", "-m", self.module, "--config", str(self._config_file)]

    def prepare(self) -> None:
        """Write the configuration; take away what an earlier process said."""
        self._ready_file.unlink(missing_ok=True)
        write_private(self._config_file, {**self.configuration(), "ready_file": str(self._ready_file)})

    def answers(self) -> bool:
        """Whether it said that it is ready and accepts connections."""
        return self._ready_file.exists() and is_listening(self.port)

    def variables(self) -> dict[str, str]:
        """The caller's environment without the settings of clients, which are not meant for servers."""
        return {name: value for name, value in os.environ.items() if not name.startswith(OTHERS_SETTINGS)}

    @property
    def _config_file(self) -> Path:
        return self.folder / "config.json"

    @property
    def _ready_file(self) -> Path:
        return self.folder / "ready.json"


def write_private(file: Path, content: object) -> None:
    """Write JSON that only its owner may read, whole or not at all."""
    draft = file.with_name(f"{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=2))
    draft.replace(file)
