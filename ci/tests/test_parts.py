"""What a change touches: the parts with a changed file, those that need them, and no others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = [sys.executable, ROOT / "ci" / "parts.py"]

# A workspace as ours: a kit, a tap and a target that need it, and a plugin whose tests run the tap.
FILES = {
    "plugins/kit/pyproject.toml": '[project]\nname = "dif-kit"\ndependencies = ["requests>=2"]\n',
    "plugins/kit/dif_kit/__init__.py": "",
    "plugins/kit/tests/test_kit.py": "import dif_kit\n",
    "plugins/kit/README.md": "the kit\n",
    "plugins/ledger/pyproject.toml": '[project]\nname = "dif-ledger"\nscripts = {ledger = "dif_ledger:main"}\n',
    "plugins/ledger/dif_ledger/__init__.py": "# tap-shop, which this does not need, is only named\n",
    "plugins/ledger/tests/test_ledger.py": 'RUN = ["ledger", "run", "tap-shop"]\n',
    "taps/tap-shop/pyproject.toml": '[project]\nname = "tap-shop"\ndependencies = ["dif-kit[jwt]>=0"]\n'
    'scripts = {tap-shop = "tap_shop:main"}\n',
    "taps/tap-shop/tap_shop/__init__.py": "",
    "taps/tap-shop/tests/test_shop.py": "import tap_shop\n",
    "targets/target-file/pyproject.toml": '[project]\nname = "target-file"\n',
    "targets/target-file/target_file/__init__.py": "from dif_kit import nothing\n",
    "targets/target-file/tests/test_file.py": "import target_file\n",
    "transforms/tests/test_marts.py": "TAPS = ['tap-shop']\n",
    "tests/test_whole.py": "",
    "clients/acme.meltano.yml": "",
    "docs/guide.md": "",
    "uv.lock": "",
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "change")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "x")


def told(workspace: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        [*PARTS, "--root", workspace, *arguments], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


EVERYTHING = [
    "plugins/kit", "plugins/ledger", "taps/tap-shop", "targets/target-file", "tests", "transforms"
]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "touched"),
    [
        ("targets/target-file/target_file/__init__.py", ["targets/target-file", "tests"]),
        ("taps/tap-shop/tap_shop/__init__.py", ["plugins/ledger", "taps/tap-shop", "tests", "transforms"]),
        ("plugins/kit/dif_kit/new.py", EVERYTHING),
        ("plugins/kit/tests/test_kit.py", ["plugins/kit"]),
        ("plugins/kit/README.md", ["plugins/kit", "tests/test_docs.py", "tests/test_site.py"]),
        ("docs/guide.md", ["tests/test_docs.py", "tests/test_site.py"]),
        ("clients/acme.meltano.yml", ["ci", "deploy", "tests"]),
        ("transforms/models/a.sql", ["transforms"]),
        ("uv.lock", EVERYTHING),
        ("a-file-that-nobody-thought-of", EVERYTHING),
    ],
)
def test_a_change_touches_what_it_changes_and_what_needs_that(
    workspace: Path, changed: str, touched: list[str]
) -> None:
    (workspace / changed).parent.mkdir(parents=True, exist_ok=True)
    (workspace / changed).write_text("changed\n")
    assert told(workspace, "--since", "main") == touched
    commit(workspace)
    assert told(workspace, "--since", "main") == touched


def test_what_came_to_main_meanwhile_is_not_ours(workspace: Path) -> None:
    git(workspace, "checkout", "--quiet", "main")
    (workspace / "uv.lock").write_text("newer\n")
    commit(workspace)
    git(workspace, "checkout", "--quiet", "change")
    assert told(workspace, "--since", "main") == []


def test_a_file_that_moved_touches_both_places(workspace: Path) -> None:
    git(workspace, "mv", "targets/target-file/target_file/__init__.py", "transforms/moved.py")
    assert told(workspace, "--since", "main") == ["targets/target-file", "tests", "transforms"]


def test_areas_share_all_parts_between_them(workspace: Path) -> None:
    areas = [told(workspace, "--area", area) for area in ("plugins", "taps", "targets", "project")]
    assert sorted(part for area in areas for part in area) == EVERYTHING
    assert areas[1] == ["taps/tap-shop"]
    assert json.loads(told(workspace, "--json", "--area", "taps")[0]) == ["taps/tap-shop"]


def test_history_that_is_not_here_is_a_sentence(workspace: Path) -> None:
    done = subprocess.run(
        [*PARTS, "--root", workspace, "--since", "origin/main"], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("parts: git cannot tell what differs from origin/main")
    assert "fetch its whole history" in done.stderr


def test_of_this_repository_every_part_is_known_with_what_it_needs() -> None:
    from parts import read

    parts = read(ROOT)
    line = subprocess.run(["make", "-s", "parts"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(line.split()) == set(parts)
    assert {part.folder for part in parts.values() if "plugins/kit" in part.needs} >= {
        "taps/tap-pinterest", "targets/target-redshift", "plugins/ledger"
    }  # fmt: skip
    assert "plugins/sandbox" in parts["taps/tap-pinterest"].tested_with
    assert "taps/tap-klaviyo" not in parts["taps/tap-pinterest"].tested_with
