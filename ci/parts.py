"""Which parts a change touches: those with a changed file, and those that need them."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Part", "read", "touched"]

#: Files outside of every part, and what reads them; whatever else is changed outside touches everything.
READ_BY: Final = {
    ".dockerignore": ("ci",),
    ".github": ("ci", "tests/test_docs.py"),
    "Dockerfile": ("ci",),
    "Jenkinsfile": ("ci",),
    "bench": (),
    "changelog.d": ("tests/test_docs.py",),
    "clients": ("ci", "deploy", "tests"),
    "docs": ("tests/test_docs.py", "tests/test_site.py"),
    "templates": ("plugins/kit", "tests"),
}
#: Of a part that is changed in its text alone, and of the files beside the parts that are text.
PROSE: Final = ("tests/test_docs.py", "tests/test_site.py")
AREAS: Final = ("plugins", "taps", "targets", "project")
_IMPORT: Final = re.compile(r"^\s*(?:from|import) ([A-Za-z_]\w*)", re.MULTILINE)
_READ: Final = {".py", ".yml", ".toml"}


@dataclass(frozen=True, slots=True)
class Part:
    """A folder with tests of its own, as ``make test`` runs them; the packages that its code needs, and its tests.

    Whoever needs a part needs what its code needs, but not what only its tests use.
    """

    folder: str
    needs: frozenset[str]
    tested_with: frozenset[str]

    @property
    def area(self) -> str:
        """What it belongs to where areas are tested side by side."""
        top = self.folder.partition("/")[0]
        return top if top in AREAS and "/" in self.folder else AREAS[-1]


def read(root: Path) -> dict[str, Part]:
    """Every part by its folder.

    Code needs what its package declares and imports; a test also that whose commands it names: one that runs `ledger`
    needs it as much as one that imports it. Tests of the whole need everything.
    """
    files = sorted(root.glob("*/*/pyproject.toml"))
    projects = {str(file.parent.relative_to(root)): tomllib.loads(file.read_text()) for file in files}
    packages = {folder: told for folder, told in projects.items() if folder.partition("/")[0] in AREAS[:-1]}
    words = {word: folder for folder, told in packages.items() for word in _words(root / folder, told["project"])}
    tested = [path.parent for path in (*root.glob("*/*/tests"), *root.glob("*/tests")) if path.is_dir()]
    found = {str(folder.relative_to(root)) for folder in tested} & {*packages, *(path.name for path in root.iterdir())}
    parts = {
        folder: Part(folder, _needs(root / folder, words) - {folder}, _tested_with(root / folder, words) - {folder})
        for folder in {*packages, *found}
    }
    return {**parts, "tests": Part("tests", frozenset(), frozenset(packages))}


def touched(parts: Mapping[str, Part], changed: Iterable[str]) -> list[str]:
    """Parts, and single files of tests, that are to be run after a change of these files."""
    run: set[str] = set()
    for path in changed:
        part = next((folder for folder in parts if path.startswith(f"{folder}/")), None)
        if path.endswith(".md"):
            run |= {*PROSE, *({part} if part else ())}
        elif part is None:
            run |= set(READ_BY.get(path.partition("/")[0], parts))
        elif path.startswith(f"{part}/tests/"):
            run.add(part)
        else:
            run |= {part, *_dependants(parts, part)}
    whole = run & set(parts)
    return sorted(each for each in run if each in whole or each.partition("/")[0] not in whole)


def _dependants(parts: Mapping[str, Part], folder: str) -> set[str]:
    changed = {folder}
    while more := {each.folder for each in parts.values() if each.needs & changed} - changed:
        changed |= more
    return changed | {each.folder for each in parts.values() if each.tested_with & changed}


def _words(folder: Path, project: Mapping[str, Any]) -> set[str]:
    """How others call a package: its name, its modules, its commands."""
    modules = {path.parent.name for path in folder.glob("*/__init__.py") if path.parent.name != "tests"}
    return {project["name"], *modules, *project.get("scripts", {})}


def _needs(folder: Path, words: Mapping[str, str]) -> frozenset[str]:
    """The packages that its code declares or imports."""
    declared = _declared(folder / "pyproject.toml") if folder.parent.name in AREAS else ()
    code = [file for file in folder.rglob("*.py") if "tests" not in file.relative_to(folder).parts]
    imported = {word for file in code for word in _IMPORT.findall(file.read_text())}
    return frozenset(words[word] for word in {*declared, *imported} if word in words)


def _declared(file: Path) -> list[str]:
    """The names of what a package declares, extras and groups included, without versions."""
    told = tomllib.loads(file.read_text())
    groups = (*told["project"].get("optional-dependencies", {}).values(), *told.get("dependency-groups", {}).values())
    lists = (told["project"].get("dependencies", ()), *groups)
    return [re.split(r"[^\w.-]", entry)[0] for entries in lists for entry in entries if isinstance(entry, str)]


def _tested_with(folder: Path, words: Mapping[str, str]) -> frozenset[str]:
    """The packages that its tests import, name or run; of a folder that is no package, all of its files."""
    any_word = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(words, key=len, reverse=True)))})(?![\w-])")
    named: set[str] = set()
    for file in (folder / "tests" if folder.parent.name in AREAS else folder).rglob("*"):
        if file.suffix in _READ and file.is_file():
            text = file.read_text(errors="replace")
            named |= set(_IMPORT.findall(text)) | set(_quoted(any_word, text))
    return frozenset(words[word] for word in named if word in words)


def _quoted(any_word: re.Pattern[str], text: str) -> Iterable[str]:
    """Words between quotes or in lists of YAML and TOML: prose in comments does not make a part need another."""
    for line in text.splitlines():
        if any(mark in line for mark in "\"'") or line.lstrip().startswith("- "):
            yield from any_word.findall(line)


def _changed(root: Path, since: str) -> list[str]:
    """What differs from the commit where this one parted from `since`, in the working tree, too."""
    different = ["git", "diff", "--name-only", "--no-renames", "--merge-base", since]
    new = ["git", "ls-files", "--others", "--exclude-standard"]
    told = []
    for command in (different, new):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(
                f"parts: git cannot tell what differs from {since}: {done.stderr.strip()}; fetch its whole history"
            )
        told += done.stdout.splitlines()
    return told


def main() -> None:
    """Say which, one a line; with `--json` as one line for a matrix."""
    parser = argparse.ArgumentParser(prog="make parts", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--since", default="", help="a commit or branch; without one, every part is told")
    parser.add_argument("--area", choices=AREAS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    parts = read(options.root)
    found = touched(parts, _changed(options.root, options.since)) if options.since else sorted(parts)
    if options.area:
        found = [each for each in found if _area(parts, each) == options.area]
    print(json.dumps(found) if options.json else "\n".join(found))


def _area(parts: Mapping[str, Part], name: str) -> str:
    return parts[name].area if name in parts else AREAS[-1]


if __name__ == "__main__":
    main()
