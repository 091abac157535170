"""A release of one package: its fragments become its changelog, and its version is raised as they ask for it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dif_kit.contribute.changelog import by_package, packages, written
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from dif_kit.contribute.changelog import Fragment

__all__ = ["Release", "release"]

_VERSION: Final = re.compile(r'^(version\s*[=:]\s*")(\d+)\.(\d+)\.(\d+)(")$', re.MULTILINE)
_RELATIVE: Final = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)#\s]+)")
_ADDING: Final = frozenset({"added", "changed", "removed"})
_PREFIXES: Final = ("tap", "target", "dif")
#: Where a package's version stands, the first that is there.
_FILES: Final = ("dbt_project.yml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Release:
    """What was released: the package, its versions, how many changes, the changelog that tells them."""

    package: str
    before: str
    version: str
    changes: int
    changelog: Path


def release(root: Path, package: str, day: date) -> Release:
    """Release a package: write its version and its CHANGELOG.md, remove the fragments that are told there.

    A breaking change raises the major version, before 1.0 the minor one; an addition or a change the minor one, all
    else the patch.

    Raises:
        ConfigError: there is no such package, nothing to release of it, or no version.
    """
    known = packages(root)
    # `make new-tap` and the fragments know it without its prefix, too.
    package = next((name for name in (package, *(f"{kind}-{package}" for kind in _PREFIXES)) if name in known), package)
    if package not in known:
        raise ConfigError(f"nothing is called {package}; there are {', '.join(known)}")
    fragments = by_package(root)[package]
    if not fragments:
        raise ConfigError(f"nothing in changelog.d is about {package}: there is nothing to release")
    file = next(known[package] / name for name in _FILES if (known[package] / name).exists())
    before, after = _raised(file, {fragment.kind for fragment in fragments})
    changelog = known[package] / "CHANGELOG.md"
    changelog.write_text(_told(changelog, package, f"## {after} ({day})", _moved(fragments, root, known[package])))
    for fragment in fragments:
        fragment.file.unlink()
    return Release(package, before, after, len(fragments), changelog)


def _raised(file: Path, kinds: set[str]) -> tuple[str, str]:
    """Write the next version into the file; gives the one before and the new one."""
    text = file.read_text(encoding="utf-8")
    found = _VERSION.search(text)
    if found is None:
        raise ConfigError(f"{file} has no version like 1.2.3")
    major, minor, patch = (int(found[number]) for number in (2, 3, 4))
    if "breaking" in kinds and major:
        after = (major + 1, 0, 0)
    elif "breaking" in kinds or kinds & _ADDING:
        after = (major, minor + 1, 0)
    else:
        after = (major, minor, patch + 1)
    version = ".".join(map(str, after))
    file.write_text(f"{text[: found.start()]}{found[1]}{version}{found[5]}{text[found.end() :]}", encoding="utf-8")
    return f"{major}.{minor}.{patch}", version


def _moved(fragments: Sequence[Fragment], root: Path, folder: Path) -> str:
    """The fragments' text with links that lead from the package's folder where they led from theirs."""
    here = folder.relative_to(root).as_posix()

    def turned(link: re.Match[str]) -> str:
        wanted = posixpath.normpath(posixpath.join("changelog.d", link[2]))
        return f"{link[1]}{posixpath.relpath(wanted, here)}"

    return _RELATIVE.sub(turned, written(fragments, level=3))


def _told(changelog: Path, package: str, heading: str, text: str) -> str:
    """The changelog with a release more, the latest first."""
    title = f"# Changelog of {package}\n"
    earlier = changelog.read_text(encoding="utf-8").removeprefix(title) if changelog.exists() else "\n"
    return f"{title}\n{heading}\n\n{text.strip()}\n{earlier if earlier.strip() else ''}"
