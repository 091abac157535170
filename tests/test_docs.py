"""What the documents say is true: links lead somewhere, verbs exist, fragments are well formed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest
from dif_kit.contribute.changelog import by_package
from dif_ledger.cli import main as ledger

ROOT = Path(__file__).parents[1]
TRACKED = [
    ROOT / name
    for name in subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    if name
]
DOCUMENTS = [path for path in TRACKED if path.suffix == ".md" and path.exists()]
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text())
    assert not [link for link in links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_verb_in_a_code_block_exists(document: Path) -> None:
    blocks = "\n".join(re.findall(r"```(?:sh|bash)\n(.*?)```", document.read_text(), re.DOTALL))
    assert set(re.findall(r"^make ([a-z-]+)", blocks, re.MULTILINE)) <= VERBS


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_ledger_command_in_a_code_block_exists_with_its_options(document: Path) -> None:
    blocks = "\n".join(re.findall(r"```(?:sh|bash)\n(.*?)```", document.read_text(), re.DOTALL))
    for line in re.findall(r"^ledger (.+)", blocks, re.MULTILINE):
        command: click.Command = ledger
        words = shlex.split(line, comments=True)
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, line
            command = found
        command.make_context("ledger", words)  # refuses what the command does not take


def test_every_file_that_the_architecture_names_exists() -> None:
    """A file without a folder stands beside the one named before it."""
    packages = [path.parent for path in ROOT.glob("*/*/*/__init__.py") if path.parent.name != "tests"]
    roots = {package.name: package.parent for package in packages}
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = [name for name in re.findall(r"`([\w./-]+)`", text) if "/" in name or name.endswith(".py")]
    assert len(named) > 40
    folder, missing = ROOT, []
    for name in named:
        root = roots.get(name.partition("/")[0], ROOT)
        path = next((path for path in (root / name, folder / name) if path.exists()), None)
        if path is None:
            missing.append(name)
        elif "/" in name:
            folder = path if path.is_dir() else path.parent
    assert not missing


def test_a_bare_make_prints_every_verb() -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    shown = subprocess.run(["make"], cwd=ROOT, env=bare, capture_output=True, text=True, check=True).stdout
    assert {line.split()[1] for line in shown.splitlines()} == VERBS


def test_changelog_fragments_are_well_formed() -> None:
    assert sum(map(len, by_package(ROOT).values())) > 50
    for fragment in (ROOT / "changelog.d").glob("*.md"):
        if fragment.name == "README.md":
            continue
        assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed|security|breaking)\.md", fragment.name)
        text = fragment.read_text().strip()
        assert text, f"{fragment.name} is empty"
        assert ".breaking." not in fragment.name or "## Migration" in text


def test_no_tracked_file_bears_a_path_of_some_machine() -> None:
    machine = re.compile(r"/(?:home|Users|root|work)/\w")
    texts = [
        path
        for path in TRACKED
        if path.suffix in {".md", ".py", ".yml", ".toml", ".json", ".sql", ".lua", ""} and path.exists()
    ]
    assert not [named(path) for path in texts if machine.search(path.read_text(errors="replace"))]
