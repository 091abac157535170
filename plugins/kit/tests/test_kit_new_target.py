"""A new target passes the promises of targets as it was written; one with a classic mistake does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner
from dif_kit.contribute.__main__ import main

ROOT = Path(__file__).parents[3]
RIGHT = "acme-lake"
# A mistake: what stands in the destination, what is in its place, the test that must find it, words of its message.
MISTAKES = {
    "again": (
        "if not self._notes([unit]):",
        "if True:",
        "test_what_is_delivered_twice_is_there_once",
        "a unit that was delivered again was loaded again",
    ),
    "halves": (
        'self._connection.execute("BEGIN IMMEDIATE")',
        "pass",
        "test_a_stream_is_delivered_whole_or_not_at_all",
        "a part of a stream was committed",
    ),
    "floats": (
        'get(column.kind, "TEXT")',
        'get(column.kind, "REAL")',
        "test_every_value_arrives_as_it_was_sent",
        "lost digits",
    ),
    "blanks": (
        "[row[name] for name in names]",
        "[row[name] or None for name in names]",
        "test_every_value_arrives_as_it_was_sent",
        "an empty text and NULL are not kept apart",
    ),
    "doubles": (
        "if manifest.key_properties:",
        "if not names:",
        "test_a_later_row_of_a_key_takes_the_place_of_the_earlier",
        "two rows of days have the key",
    ),
    "counts": (
        "manifest.rows - loaded",
        "0",
        "test_each_delivery_says_how_many_rows_were_loaded_and_superseded",
        "noted() does not say what happened",
    ),
    "lenient": (
        "raise DeliveryError(f",
        "str(f",
        "test_a_database_that_cannot_be_opened_is_one_line_and_no_state",
        "",
    ),
}
# Whatever is raised by the third statement of a transaction that was never begun must not hide what is looked for.
ALSO = {
    "again": ("INSERT INTO _dif", "INSERT OR REPLACE INTO _dif"),
    "halves": ('self._connection.execute("ROLLBACK")', "pass"),
    "lenient": (" from error", ""),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the command reads and writes, with a right target and one for each mistake."""
    root = tmp_path_factory.mktemp("workspace")
    for name in ("pyproject.toml", "uv.lock", "conftest.py"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "templates", root / "templates")
    (root / "targets").mkdir()
    (root / "changelog.d").mkdir()
    for name in (RIGHT, *MISTAKES):
        done = CliRunner().invoke(main, ["new-target", name, "--root", str(root)])
        assert done.exit_code == 0, done.output
    for name, (right, wrong, _, _) in MISTAKES.items():
        file = root / "targets" / f"target-{name}" / f"target_{name}" / "_destination.py"
        text = file.read_text()
        for old, new in ((right, wrong), *([ALSO[name]] if name in ALSO else [])):
            assert old in text, name
            text = text.replace(old, new)
        if name == "halves":
            text = text.replace('self._connection.execute("COMMIT")', "pass")
        file.write_text(text)
    return root


@pytest.fixture(scope="module")
def failures(workspace: Path) -> dict[str, dict[str, str]]:
    """What the tests say of each: target -> test -> message, from one run of all that matters."""
    report = workspace / "report.xml"
    wanted = " or ".join(f"({name} and {test})" for name, (_, _, test, _) in MISTAKES.items())
    paths = os.pathsep.join(str(folder) for folder in (workspace / "targets").iterdir())
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    done = subprocess.run(
        [*command, "-k", f"{RIGHT.replace('-', '_')} or {wanted}", "targets"],
        env={**os.environ, "PYTHONPATH": paths}, cwd=workspace, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert report.exists(), done.stdout + done.stderr
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        target = case.get("classname", "").split("target-")[1].partition(".")[0]
        told = found.setdefault(target, {"": ""})
        for failure in (*case.iter("failure"), *case.iter("error")):
            told[case.get("name", "")] = f"{failure.get('message')}\n{failure.text}"
    return found


@pytest.mark.slow
def test_it_passes_as_it_was_written(failures: dict[str, dict[str, str]]) -> None:
    assert failures[RIGHT] == {"": ""}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_classic_mistake_is_found(failures: dict[str, dict[str, str]], mistake: str) -> None:
    _, _, test, words = MISTAKES[mistake]
    assert test in failures[mistake], f"only these failed: {sorted(failures[mistake])}"
    assert words in failures[mistake][test]


def test_it_is_in_the_houses_form(workspace: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["format", "--check"], ["check"]):
        command = [ruff, *arguments, f"targets/target-{RIGHT}"]
        done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_it_is_named_where_targets_are_listed(workspace: Path) -> None:
    project = tomllib.loads((workspace / "pyproject.toml").read_text())
    name = f"target-{RIGHT}"
    assert name in project["project"]["dependencies"]
    assert project["project"]["dependencies"] == sorted(project["project"]["dependencies"])
    assert project["tool"]["uv"]["sources"][name] == {"workspace": True}
    assert f"targets/{name}" in project["tool"]["mypy"]["mypy_path"]
    locked = {package["name"]: package for package in tomllib.loads((workspace / "uv.lock").read_text())["package"]}
    assert locked[name]["source"] == {"editable": f"targets/{name}"}
    assert {"name": name} in locked["dif"]["dependencies"]
    (loader,) = yaml.safe_load((workspace / "targets" / name / f"{name}.meltano.yml").read_text())["plugins"]["loaders"]
    assert (loader["name"], loader["executable"]) == (name, name)
    assert (workspace / "changelog.d" / f"{RIGHT}.added.md").exists()


@pytest.mark.parametrize(("name", "words"), [(RIGHT, "is there already"), ("Acme Lake", "is no name for a target")])
def test_a_name_that_cannot_be_is_refused_in_one_line(workspace: Path, name: str, words: str) -> None:
    done = CliRunner().invoke(main, ["new-target", name, "--root", str(workspace)])
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1
