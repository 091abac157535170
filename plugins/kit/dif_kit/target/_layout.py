"""Where the objects of a run lie."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotation

import msgspec

from dif_kit.errors import ConfigError
from dif_kit.target._formats import FileFormat
from dif_kit.target._naming import file_name, safe
from dif_kit.target._settings import SAFE_NAME, Settings

__all__ = ["Layout", "root"]


class Layout(msgspec.Struct, frozen=True):
    """The keys of one run below ``<prefix>/<client>/<tap>``.

    Files of rows lie where the format's naming says, by default in ``<stream>/<run_id>/<unit>/<part>.csv.gz``; what
    readers look for first is always in ``<stream>/<run_id>/<unit>/``.
    """

    root: str
    run_id: str
    started_at: datetime
    format: FileFormat = FileFormat()

    @classmethod
    def of(cls, settings: Settings, run_id: str, started_at: datetime, form: FileFormat) -> Layout:
        """The layout of a run.

        Raises:
            ConfigError: the run id cannot stand in a key.
        """
        if not SAFE_NAME.fullmatch(run_id):
            raise ConfigError(f"the run id is {run_id!r}: use letters, digits, '.', '_', '=' and '-' only")
        return cls(root(settings), run_id, started_at, form)

    def part(self, stream: str, unit: int, number: int, partition: str | None = None) -> str:
        """One file of rows."""
        name = file_name(
            self.format.naming,
            stream=stream,
            run_id=self.run_id,
            started_at=self.started_at,
            unit=unit,
            part=number,
            partition=partition,
        )
        return f"{self.root}/{name}{self.format.suffix}"

    def manifest(self, stream: str, unit: int) -> str:
        """The commit point of a unit."""
        return f"{self._run(stream)}/{unit:04d}/manifest.json"

    def schema(self, stream: str, unit: int) -> str:
        """The JSON Schema of a unit's rows."""
        return f"{self._run(stream)}/{unit:04d}/schema.json"

    def quarantine(self, stream: str, unit: int) -> str:
        """The records of a unit that were put aside."""
        return f"{self._run(stream)}/quarantine/{unit:04d}.jsonl.gz"

    def _run(self, stream: str) -> str:
        return f"{self.root}/{safe(stream)}/{self.run_id}"


def root(settings: Settings) -> str:
    """What every key of a client and tap begins with."""
    return "/".join(filter(None, (settings.prefix, settings.client, settings.tap)))
