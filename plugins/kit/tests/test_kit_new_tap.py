"""A new tap passes the conformance suite as it was written, whatever was answered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from dif_kit.contribute.__main__ import main

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
# Each way to sign and each way to page, once at least.
ANSWERS = {
    "unsigned": "--auth none --paging none --kind entities",
    "token": "--auth bearer --paging cursor --kind report",
    "keyed": "--auth api-key --paging page --kind entities",
    "asked": "--auth api-key-in-query --paging next-url --kind report",
    "named": "--auth basic --paging link-header --kind entities",
    "renewed": "--auth oauth-refresh --paging offset --kind report",
    "granted": "--auth oauth-client --paging cursor --kind entities --limit 20/s",
    "nested": f"--auth bearer --paging link-header --openapi {HERE / 'hub.openapi.yaml'}",
    "described": f"--auth bearer --paging cursor --openapi {HERE / 'shop.openapi.yaml'}",
}


def new_tap(root: Path, name: str, answers: str) -> str:
    done = CliRunner().invoke(main, ["new-tap", name, *answers.split(), "--root", str(root)])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the command reads and writes, with a tap for each set of answers."""
    root = tmp_path_factory.mktemp("workspace")
    for name in ("pyproject.toml", "uv.lock", "meltano.yml", "conftest.py"):
        shutil.copy(ROOT / name, root)
    shutil.copytree(ROOT / "templates", root / "templates")
    (root / "taps").mkdir()
    (root / "changelog.d").mkdir()
    for name, answers in ANSWERS.items():
        new_tap(root, f"{name}-ads", answers)
    return root


@pytest.fixture(scope="module")
def tested(workspace: Path) -> str:
    """What pytest says of all of them."""
    paths = os.pathsep.join(str(folder) for folder in (workspace / "taps").iterdir())
    environment = {**os.environ, "PYTHONPATH": paths, "GOLDEN": "update"}
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", str(workspace / "taps")]
    done = subprocess.run(command, env=environment, cwd=workspace, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERS)
def test_it_passes_the_suite(tested: str, name: str) -> None:
    lines = [line for line in tested.splitlines() if f"tap-{name}-ads/" in line]
    failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    assert not failed, "\n".join(failed)
    assert sum(line.startswith("PASSED") for line in lines) > 30, tested[-2000:]


def test_it_is_in_the_houses_form(workspace: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    for arguments in (["format"], ["check"]):
        done = subprocess.run([ruff, *arguments, "taps"], cwd=workspace, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_it_is_named_where_taps_are_listed(workspace: Path) -> None:
    project = tomllib.loads((workspace / "pyproject.toml").read_text())
    for name in (f"tap-{name}-ads" for name in ANSWERS):
        assert name in project["project"]["dependencies"]
        assert project["tool"]["uv"]["sources"][name] == {"workspace": True}
        assert f"taps/{name}" in project["tool"]["mypy"]["mypy_path"]
    assert project["project"]["dependencies"] == sorted(project["project"]["dependencies"])
    jobs = {job["name"]: job["tasks"] for job in yaml.safe_load((workspace / "meltano.yml").read_text())["jobs"]}
    assert jobs["keyed-ads-to-redshift"] == ["tap-keyed-ads target-redshift"]
    assert (workspace / "changelog.d" / "keyed-ads.added.md").exists()


def test_streams_are_proposed_from_a_description(workspace: Path) -> None:
    streams = (workspace / "taps" / "tap-described-ads" / "tap_described_ads" / "streams.py").read_text()
    assert 'path = "/stores/{store_id}/orders"' in streams
    assert "parent_stream_type = Stores" in streams
    assert 'records = "stores"' in streams
    assert 'primary_keys = ("store_id", "id")' in streams
    schema = yaml.safe_load(
        (workspace / "taps" / "tap-described-ads" / "tap_described_ads" / "schemas" / "orders.json").read_text()
    )
    assert schema["properties"] == {
        "store_id": {"type": ["integer", "null"]},
        "id": {"type": ["integer", "null"]},
        "total": {"type": ["number", "null"]},
        "placed_at": {"type": ["string", "null"], "format": "date-time"},
        "lines": {"type": ["array", "null"]},
    }
    assert "Ping" not in streams


def test_lists_below_lists_are_proposed_and_what_finds_no_place_is_said(workspace: Path) -> None:
    streams = (workspace / "taps" / "tap-nested-ads" / "tap_nested_ads" / "streams.py").read_text()
    assert 'context_keys = {"group": "login", "group_id": "id"}' in streams, "an address names it, its key knows it"
    assert 'path = "/groups/{group}/projects/{project_id}/notes"' in streams
    assert 'primary_keys = ("group", "project_id", "id")' in streams
    assert "class ProjectsNotes(" in streams or "class GroupsNotes(" in streams, "two lists of one name are told apart"
    assert "SinglePage" not in streams, "the header says where a list goes on, also where the answer is an array"
    assert "wikis" not in streams
    told = new_tap(workspace, "nested-again", ANSWERS["nested"])
    assert "left out /wikis/{owner}/{wiki}/pages: no list was found whose rows fill {wiki}" in told


@pytest.mark.parametrize(
    ("name", "words"),
    [("keyed-ads", "is there already: choose another name"), ("Acme Ads", "is no name for a channel")],
)
def test_a_name_that_cannot_be_is_refused_in_one_line(workspace: Path, name: str, words: str) -> None:
    done = CliRunner().invoke(main, ["new-tap", name, "--root", str(workspace)])
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1


def test_a_description_without_lists_is_refused(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "api.json"
    file.write_text('{"paths": {}}')
    done = CliRunner().invoke(main, ["new-tap", "empty-ads", "--openapi", str(file), "--root", str(workspace)])
    assert done.exit_code == 2
    assert "describes 0 lists: two are needed" in done.output
    assert not (workspace / "taps" / "tap-empty-ads").exists()
