"""The configs and the catalog of a client's pair, as Meltano puts them together; once a machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from dif_deploy._plan import Job
    from dif_deploy._settings import Settings

__all__ = ["BIN", "Prepared", "meltano_environment", "prepare"]

BIN: Final = Path(sys.executable).parent
_PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Prepared:
    """Files for ``ledger run --direct``."""

    tap_config: Path
    target_config: Path
    catalog: Path


def prepare(job: Job, settings: Settings) -> Prepared:
    """Ask Meltano, or take what it said before: an image does not change, and neither do its clients' files.

    Raises:
        ConfigError: Meltano does not tell them.
    """
    folder = settings.work / "pairs" / job.client / f"{job.tap}-to-{job.target}"
    found = Prepared(*(folder / name for name in ("tap.json", "target.json", "catalog.json")))
    if found.catalog.exists():  # the last that is written
        return found
    folder.mkdir(parents=True, exist_ok=True)
    for file, arguments in (
        (found.tap_config, ("config", "--unsafe", "print", job.tap)),
        (found.target_config, ("config", "--unsafe", "print", job.target)),
        (found.catalog, ("invoke", "--dump=catalog", job.tap)),
    ):
        told = _told(job, settings, arguments)
        beside = file.with_suffix(".new")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps({name: value for name, value in told.items() if value is not None}))
        beside.replace(file)
    return found


def meltano_environment(job: Job, settings: Settings) -> dict[str, str]:
    """An environment in which Meltano and plugins find each other and write below the work folder only."""
    home = settings.work / "meltano"
    home.mkdir(parents=True, exist_ok=True)
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "MELTANO_ENVIRONMENT": job.client,
        "MELTANO_SYS_DIR_ROOT": str(home),
        "MELTANO_DATABASE_URI": f"sqlite:///{home / 'meltano.db'}",
        "MELTANO_CLI_LOG_LEVEL": "error",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


def _told(job: Job, settings: Settings, arguments: tuple[str, ...]) -> dict[str, Any]:
    command = [str(BIN / "meltano"), f"--environment={job.client}", *arguments]
    try:
        asked = subprocess.run(  # noqa: S603 - no shell
            command, cwd=settings.project, env=meltano_environment(job, settings), capture_output=True, check=False,
            timeout=_PATIENCE_SECONDS,
        )  # fmt: skip
        found = json.loads(asked.stdout) if not asked.returncode else None
    except OSError as error:
        raise ConfigError(f"meltano cannot be started: {error.strerror}") from None
    except (subprocess.TimeoutExpired, ValueError):
        raise ConfigError(f"meltano {' '.join(arguments)} does not tell anything for {job.client}") from None
    if not isinstance(found, dict):
        last = asked.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ConfigError(f"meltano {' '.join(arguments)} fails for {job.client}: {last}")
    return found
