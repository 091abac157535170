"""Where the files of a run lie in the bucket."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

import msgspec

from dif_kit.errors import ConfigError
from dif_kit.target._settings import SAFE_NAME, Settings

__all__ = ["Layout"]

_DOTS: Final = frozenset({".", ".."})


class Layout(msgspec.Struct, frozen=True):
    """The keys of one run: ``<prefix>/<client>/<tap>/<stream>/<run_id>/<unit>/<seq>.csv.gz``."""

    root: str
    run_id: str

    @classmethod
    def of(cls, settings: Settings, run_id: str) -> Layout:
        """The layout of a run.

        Raises:
            ConfigError: the run id cannot stand in a key.
        """
        if not SAFE_NAME.fullmatch(run_id):
            raise ConfigError(f"the run id is {run_id!r}: use letters, digits, '.', '_', '=' and '-' only")
        return cls(root(settings), run_id)

    def part(self, stream: str, unit: int, number: int) -> str:
        """One file of rows."""
        return f"{self._run(stream)}/{unit:04d}/{number:06d}.csv.gz"

    def manifest(self, stream: str, unit: int) -> str:
        """The commit point of a unit."""
        return f"{self._run(stream)}/{unit:04d}/manifest.json"

    def quarantine(self, stream: str, unit: int) -> str:
        """The records of a unit that were put aside."""
        return f"{self._run(stream)}/quarantine/{unit:04d}.jsonl.gz"

    def _run(self, stream: str) -> str:
        """A stream's name may hold anything; what is not safe in a key is percent-encoded."""
        name = quote(stream, safe="")
        return f"{self.root}/{name.replace('.', '%2E') if name in _DOTS else name}/{self.run_id}"


def root(settings: Settings) -> str:
    """What every key of a client and tap begins with."""
    return "/".join(filter(None, (settings.prefix, settings.client, settings.tap)))
