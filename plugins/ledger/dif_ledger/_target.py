"""The settings of a client's target, as its own command would read them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["staged_folder", "target_config"]

_PATIENCE_SECONDS: Final = 120


def target_config(client: str, tap: str, target: str, file: str | None) -> dict[str, Any]:
    """The config in a JSON file, or as Meltano puts it together for the client's environment.

    Raises:
        ConfigError: there is none.
    """
    config = _from_file(file) if file else _from_meltano(client, target)
    return {"client": client, "prefix": "", **config, "tap": tap}


def staged_folder(config: Mapping[str, Any]) -> str:
    """Where in its bucket a target with such a config keeps what it stages of a client and tap; ends with a slash."""
    return "/".join(filter(None, (str(config["prefix"]).strip("/"), config["client"], config["tap"]))) + "/"


def _from_file(path: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is no config of a target: {error}") from None


def _from_meltano(client: str, target: str) -> dict[str, Any]:
    command = ["meltano", f"--environment={client}", "config", "--unsafe", "print", target]
    environment = {**os.environ, "MELTANO_CLI_LOG_LEVEL": "error", "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false"}
    try:
        asked = subprocess.run(  # noqa: S603 - the names stand behind options, nothing is a shell's
            command, capture_output=True, check=False, env=environment, timeout=_PATIENCE_SECONDS
        )
    except FileNotFoundError:
        raise ConfigError("meltano is not installed here: name the target's config by --target-config") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"meltano did not tell the settings of {target}: name them by --target-config") from None
    if asked.returncode:
        last = asked.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ConfigError(f"meltano does not tell the settings of {target} for {client!r}: {last}")
    return {name: value for name, value in json.loads(asked.stdout).items() if value is not None}
