"""Who may import whom: the rooms of the house stay apart."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

OURS = {
    path.parent.name: path.parent
    for group in ("plugins", "taps", "targets")
    for path in ROOT.glob(f"{group}/*/*/__init__.py")
    if path.parent.name != "tests"
}


def may_import(package: str) -> set[str]:
    """The packages of ours that `package` may import, itself included."""
    allowed = {package}
    if package.startswith(("tap_", "target_", "dif_vault", "dif_ledger")):
        allowed.add("dif_kit")
    if package == "dif_deploy":  # it decides by what the ledger knows
        allowed |= {"dif_kit", "dif_ledger"}
    return allowed


def imports_of(source: Path) -> set[tuple[str, int]]:
    """The top-level packages that a file imports, each with its line; imports inside functions count."""
    found: set[tuple[str, int]] = set()
    for node in ast.walk(ast.parse(source.read_text(), filename=str(source))):
        if isinstance(node, ast.Import):
            found |= {(alias.name.split(".")[0], node.lineno) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add((node.module.split(".")[0], node.lineno))
    return found


def trespasses(package: str, source: Path) -> list[str]:
    forbidden = set(OURS) - may_import(package)
    return [
        f"{source.name}:{line}: {package} may not import {name}"
        for name, line in sorted(imports_of(source))
        if name in forbidden
    ]


def test_every_package_is_seen() -> None:
    assert {"dif_kit", "dif_sandbox", "dif_vault", "tap_pinterest", "target_redshift", "target_s3_csv"} <= set(OURS)


@pytest.mark.parametrize("package", sorted(OURS))
def test_a_package_imports_only_what_its_place_allows(package: str) -> None:
    found = [line for source in OURS[package].rglob("*.py") for line in trespasses(package, source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("package", "line"),
    [
        ("tap_pinterest", "import target_redshift"),
        ("tap_pinterest", "from dif_sandbox.services import Sandbox"),
        ("target_redshift", "def load():\n    from tap_pinterest import tap"),
        ("dif_kit", "import tap_pinterest.streams"),
        ("dif_vault", "from dif_sandbox.services import Aws"),
        ("dif_ledger", "from dif_deploy.handlers import run_job"),
        ("tap_pinterest", "import dif_vault"),
        ("dif_sandbox", "from dif_kit.errors import DifError"),
    ],
)
def test_the_rule_catches_a_trespass(package: str, line: str, tmp_path: Path) -> None:
    source = tmp_path / "module.py"
    source.write_text(line)
    assert trespasses(package, source)


def test_private_sdk_names_live_in_one_room() -> None:
    """Only ``dif_kit._sdk`` may reach for names of singer-sdk that begin with an underscore."""
    found = []
    for package, folder in OURS.items():
        for source in folder.rglob("*.py"):
            if "_sdk" in source.relative_to(folder).parts:
                continue
            for node in ast.walk(ast.parse(source.read_text())):
                if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("singer_sdk"):
                    continue
                names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
                found += [f"{package}/{source.name}:{node.lineno}: {name}" for name in names if name.startswith("_")]
    assert not found, "\n".join(found)
