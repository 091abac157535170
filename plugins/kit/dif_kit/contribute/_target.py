"""A new target: its files, and a line in each place that lists targets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dif_kit.contribute._workspace import filled, join
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_target"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def write_target(name: str, root: Path) -> tuple[Path, list[Path]]:
    """Write ``targets/target-<name>`` below ``root``, the repository; gives the folder, and what else was changed.

    Raises:
        ConfigError: the name is not one that a target can have, or there is such a target.
    """
    short = name.removeprefix("target-")
    if not _NAME.fullmatch(short):
        raise ConfigError(f"{name!r} is no name for a target: write it as acme-lake, without target-")
    name, title = f"target-{short}", short.replace("-", " ").title()
    package = name.replace("-", "_")
    folder = root / "targets" / name
    words = {
        "name": name,
        "package": package,
        "title": title,
        "class_name": title.replace(" ", ""),
        "target_class": f"Target{title.replace(' ', '')}",
    }
    paths = {
        "package": package,
        "target.meltano.yml": f"{name}.meltano.yml",
        "conformance.py": f"test_{package.removeprefix('target_')}_conformance.py",
    }
    filled(root / "templates" / "target", folder, words, paths)
    return folder, join(root, name, f"`{name}`: tables in {title}, each key once (alpha).")
