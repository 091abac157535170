"""The catalog of a client's tap: what is selected, and how it is read by days."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["of_meltano", "of_tap", "only", "root_of"]

_PATIENCE_SECONDS: Final = 300


def of_meltano(client: str, tap: str) -> dict[str, Any]:
    """As Meltano puts it together for the client's environment; raises ConfigError if it does not."""
    return _told(["meltano", f"--environment={client}", "--log-level=error", "invoke", "--dump=catalog", tap], tap)


def of_tap(tap: str, config: str, file: str | None) -> dict[str, Any]:
    """As the tap tells it, with the selection of a catalog file, if there is one.

    Raises:
        ConfigError: the tap does not tell it, or the file is no catalog.
    """
    catalog = _told([tap, "--config", config, "--discover"], tap)
    if file is None:
        return catalog
    try:
        chosen = json.loads(Path(file).read_bytes())
        entries = {entry["tap_stream_id"]: entry for entry in chosen["streams"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} is no catalog: {error}") from None
    for entry in catalog["streams"]:
        if (mine := entries.get(entry["tap_stream_id"])) is not None:
            root_of(mine).update({name: value for name, value in root_of(entry).items() if name.startswith("dif.")})
    return dict(chosen)


def root_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The metadata of a catalog's stream as a whole."""
    return next((each["metadata"] for each in entry["metadata"] if not each["breadcrumb"]), {})


def only(catalog: Mapping[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """The catalog with these streams selected and no other."""
    entries = []
    for entry in catalog["streams"]:
        selected = entry["tap_stream_id"] in streams
        metadata = [
            {**each, "metadata": {**each["metadata"], "selected": selected}} if not each["breadcrumb"] else each
            for each in entry["metadata"]
        ]
        entries.append({**entry, "metadata": metadata})
    return {**catalog, "streams": entries}


def _told(command: list[str], tap: str) -> dict[str, Any]:
    environment = {**os.environ, "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false"}
    try:
        asked = subprocess.run(  # noqa: S603 - no shell
            command, capture_output=True, check=False, env=environment, timeout=_PATIENCE_SECONDS
        )
        found = json.loads(asked.stdout) if not asked.returncode else None
    except OSError as error:
        raise ConfigError(f"{command[0]} cannot be started: {error.strerror}") from None
    except (subprocess.TimeoutExpired, ValueError):
        raise ConfigError(f"{tap} did not tell its catalog") from None
    if not isinstance(found, dict) or "streams" not in found:
        last = asked.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ConfigError(f"{tap} did not tell its catalog: {last}")
    return found
