"""Fragments of the changelog: which package each is about, and how they read together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["KINDS", "PROJECT", "Fragment", "by_package", "packages", "written"]

#: Kinds in the order in which a changelog tells them, with their headings.
KINDS: Final = {
    "breaking": "Breaking",
    "security": "Security",
    "removed": "Removed",
    "added": "Added",
    "changed": "Changed",
    "fixed": "Fixed",
}
PROJECT: Final = "dif"
_NAME: Final = re.compile(r"([a-z0-9-]+)\.([a-z]+)\.md")
_PREFIX: Final = re.compile(r"^(tap|target|dif)-")


@dataclass(frozen=True, slots=True)
class Fragment:
    """One user-visible change."""

    file: Path
    package: str
    kind: str

    @property
    def text(self) -> str:
        """The entry, with what stands below it."""
        return self.file.read_text(encoding="utf-8").strip()


def packages(root: Path) -> dict[str, Path]:
    """Every package that has versions of its own, with its folder; the project as a whole first."""
    folders = {PROJECT: root}
    for project in sorted(root.glob("*/*/pyproject.toml")):
        name = re.search(r'^name = "(.*)"$', project.read_text(encoding="utf-8"), re.MULTILINE)
        if name is not None and project.parent.parent.name in {"plugins", "taps", "targets"}:
            folders[name[1]] = project.parent
    transforms = root / "transforms"
    return folders | ({"dif-transforms": transforms} if transforms.is_dir() else {})


def by_package(root: Path) -> dict[str, list[Fragment]]:
    """The fragments that wait in ``changelog.d``, by the package that each is about.

    Raises:
        ConfigError: a file's name is no fragment's.
    """
    found: dict[str, list[Fragment]] = {name: [] for name in packages(root)}
    about = {_PREFIX.sub("", name): name for name in found}
    for file in sorted((root / "changelog.d").glob("*.md")):
        if file.name == "README.md":
            continue
        parts = _NAME.fullmatch(file.name)
        if parts is None or parts[2] not in KINDS:
            raise ConfigError(f"changelog.d/{file.name}: write it as klaviyo-events.added.md; kinds are {_listed()}")
        package = _about(parts[1], about)
        found[package].append(Fragment(file, package, parts[2]))
    return found


def written(fragments: Sequence[Fragment], *, level: int) -> str:
    """The fragments as part of a changelog, by kind, below headings of a level."""
    order = list(KINDS)
    lines = []
    for kind, group in groupby(sorted(fragments, key=lambda one: order.index(one.kind)), lambda one: one.kind):
        lines += [f"{'#' * level} {KINDS[kind]}", ""]
        for fragment in group:
            first, *rest = fragment.text.replace("\n## ", f"\n{'#' * (level + 1)} ").splitlines()
            lines += [f"- {first}", *(f"  {line}".rstrip() for line in rest)]
        lines.append("")
    return "\n".join(lines)


def _about(slug: str, about: dict[str, str]) -> str:
    """The package with the longest name that the slug begins with; the project if there is none."""
    names = [name for name in about if slug == name or slug.startswith(f"{name}-")]
    return about[max(names, key=len)] if names else PROJECT


def _listed() -> str:
    return ", ".join(KINDS)
