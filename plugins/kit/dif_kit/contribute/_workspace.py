"""The places of the repository that list taps and targets: a new one gets its line in each."""

from __future__ import annotations

import re
from string import Template
from typing import TYPE_CHECKING, Final

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["filled", "join"]

_PACKAGE: Final = Template(
    """[[package]]
name = "$name"
version = "0.1.0"
source = { editable = "$group/$name" }
dependencies = [
    { name = "dif-kit" },
]

[package.metadata]
requires-dist = [{ name = "dif-kit", editable = "plugins/kit" }]

"""
)


def filled(templates: Path, folder: Path, words: Mapping[str, str], paths: Mapping[str, str]) -> None:
    """Write each template below ``templates`` into ``folder``; parts of its path may have another name there.

    Raises:
        ConfigError: there is such a folder, or no template.
    """
    if folder.exists():
        raise ConfigError(f"{folder.parent.name}/{folder.name} is there already: choose another name, or remove it")
    if not templates.is_dir():
        raise ConfigError(f"{templates} is missing: run this in the repository")
    for template in sorted(templates.rglob("*.tmpl")):
        parts = template.relative_to(templates).with_suffix("").parts
        path = folder.joinpath(*(paths.get(part, part) for part in parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(template.read_text()).substitute(words))


def join(root: Path, name: str, entry: str) -> list[Path]:
    """Name the plugin in workspace, lock and changelog, where it gets the ``entry``; gives what was changed."""
    project, lock = root / "pyproject.toml", root / "uv.lock"
    group = f"{name.partition('-')[0]}s"
    kind = name.partition("-")[0]
    text = project.read_text()
    text = _listed(text, f'    "{kind}-', f'    "{name}",\n')
    text = _listed(text, f"{kind}-", f"{name} = {{ workspace = true }}\n")
    project.write_text(re.sub(r"(mypy_path = \[[^\]]*)", rf'\1, "{group}/{name}"', text))
    lock.write_text(_locked(lock.read_text(), name, kind))
    fragment = root / "changelog.d" / f"{name.partition('-')[2]}.added.md"
    fragment.write_text(f"{entry}\n")
    return [project, lock, fragment]


def _locked(text: str, name: str, kind: str) -> str:
    """The lock with a member more: it needs only what is locked already, so that no index need be asked."""
    text = _listed(text, f'    "{kind}-', f'    "{name}",\n')
    text = _listed(text, rf'    \{{ name = "{kind}-[^"]*" \}}', f'    {{ name = "{name}" }},\n')
    line = f'    {{ name = "{name}", editable = "{kind}s/{name}" }},\n'
    text = _listed(text, rf'    \{{ name = "{kind}-[^"]*", ', line)
    package = _PACKAGE.substitute(name=name, group=f"{kind}s")
    later = next(found for found in re.finditer(r'\[\[package\]\]\nname = "(.*)"\n', text) if found[1] > name)
    return text[: later.start()] + package + text[later.start() :]


def _listed(text: str, pattern: str, line: str) -> str:
    """The text with a line more, in its place among the lines that begin as the pattern says."""
    lines = text.splitlines(keepends=True)
    places = [number for number, known in enumerate(lines) if re.match(pattern, known)]
    after = [number for number in places if lines[number] < line]
    lines.insert(after[-1] + 1 if after else places[0], line)
    return "".join(lines)
