"""Every client file is one whole, sound environment."""

from __future__ import annotations

import copy
import fnmatch
import importlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from dif_kit.tap import Tap
from dif_ledger._levels import Levels
from tap_pinterest.tap import TapPinterest

ROOT = Path(__file__).parents[1]
CLIENTS = sorted(path.name.removesuffix(".meltano.yml") for path in (ROOT / "clients").glob("*.meltano.yml"))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project compiled by Meltano: one manifest a client."""
    folder = tmp_path_factory.mktemp("manifests")
    meltano = shutil.which("meltano")
    assert meltano, "meltano is not on PATH: run `make test`"
    environment = {**os.environ, "MELTANO_PROJECT_ROOT": str(ROOT), "MELTANO_SYS_DIR_ROOT": str(folder / "meltano")}
    done = subprocess.run(
        [meltano, "compile", "--lint", f"--directory={folder}"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def manifest(folder: Path, client: str) -> dict[str, Any]:
    return json.loads((folder / f"meltano-manifest.{client}.json").read_text())


def written(client: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "clients" / f"{client}.meltano.yml").read_text())


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_file_compiles(compiled: Path, client: str) -> None:
    loaders = {plugin["name"]: plugin for plugin in manifest(compiled, client)["plugins"]["loaders"]}
    assert {"target-redshift", "target-s3-csv"} <= set(loaders)


@pytest.mark.parametrize("path", sorted((ROOT / "clients").glob("*.levels.yml")), ids=lambda path: path.name)
def test_a_file_of_service_levels_is_for_a_client_and_can_be_meant_so(path: Path) -> None:
    assert path.name.removesuffix(".levels.yml") in {*CLIENTS, "default"}
    assert msgspec.yaml.decode(path.read_bytes(), type=Levels).levels


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_file_holds_the_environment_it_is_named_for(client: str) -> None:
    assert [environment["name"] for environment in written(client)["environments"]] == [client]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_schedule_runs_in_its_own_client_and_names_a_job_that_exists(client: str) -> None:
    jobs = {job["name"] for job in yaml.safe_load((ROOT / "meltano.yml").read_text())["jobs"]}
    for schedule in written(client)["schedules"]:
        assert schedule["name"].startswith(f"{client}-")
        assert schedule["job"] in jobs
        assert schedule["env"]["MELTANO_ENVIRONMENT"] == client


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_file_names_only_plugins_that_exist(client: str) -> None:
    known = {path.name.removesuffix(".meltano.yml") for path in ROOT.glob("*/*/*.meltano.yml")}
    for environment in written(client)["environments"]:
        for plugins in environment["config"]["plugins"].values():
            assert {plugin["name"] for plugin in plugins} <= known


def loaded(name: str) -> type[Tap]:
    module = name.replace("-", "_")
    found = vars(importlib.import_module(f"{module}.tap")).values()
    return next(each for each in found if isinstance(each, type) and getattr(each, "name", "") == name)


def extractors() -> list[tuple[str, dict[str, Any]]]:
    """Each client's taps, with what its file says of them."""
    return [
        (client, plugin)
        for client in CLIENTS
        for environment in written(client)["environments"]
        for plugin in environment["config"]["plugins"]["extractors"]
    ]


class OwnSchema(TapPinterest):
    """A tap that is made adds to the schema of its class, which other tests look at."""

    config_jsonschema = copy.deepcopy(TapPinterest.config_jsonschema)


def test_another_allowance_comes_to_the_tap_through_meltano(tmp_path: Path) -> None:
    """As docs/budgets.md has it: Meltano takes the names of budgets apart at their dots."""
    example = re.search(r"```yaml\n(environments:.*?)```", (ROOT / "docs" / "budgets.md").read_text(), re.DOTALL)
    assert example
    for path in (ROOT / "meltano.yml", *ROOT.glob("taps/*/*.meltano.yml")):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "acme.meltano.yml").write_text(example[1])
    by_variable = {"TAP_PINTEREST_BUDGETS": '{"pinterest/ads_read": ["500/min"]}'}
    for project, variables in ((tmp_path, {}), (ROOT, by_variable)):
        settings = {**os.environ, **variables, "MELTANO_SYS_DIR_ROOT": str(tmp_path / "meltano")}
        printed = subprocess.run(
            ["meltano", "--environment=acme", "--log-level=error", "config", "print", "tap-pinterest"],
            cwd=project, env=settings, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        tap = OwnSchema(config={"start_date": "2026-11-01", **json.loads(printed.stdout)})
        assert tap.fleet.policies == {"pinterest.ads_read": ("500/min",)}


CHANNELS = sorted(path.parent.name for path in ROOT.glob("taps/*/*.meltano.yml"))


@pytest.mark.parametrize("tap", CHANNELS)
def test_every_channel_has_a_client_and_a_job(tap: str) -> None:
    jobs = yaml.safe_load((ROOT / "meltano.yml").read_text())["jobs"]
    assert [f"{tap} target-redshift"] in [job["tasks"] for job in jobs]
    assert tap in {plugin["name"] for _, plugin in extractors()}


@pytest.mark.parametrize(
    ("client", "plugin"), extractors(), ids=lambda each: each if isinstance(each, str) else each["name"]
)
def test_a_client_s_settings_of_a_tap_are_whole_and_it_selects_what_there_is(
    client: str, plugin: dict[str, Any]
) -> None:
    del client
    place = ROOT / "taps" / plugin["name"]
    [shared] = yaml.safe_load((place / f"{plugin['name']}.meltano.yml").read_text())["plugins"]["extractors"]
    jsonschema.validate({**shared["config"], **plugin["config"]}, loaded(plugin["name"]).config_jsonschema)
    streams = {
        entry["tap_stream_id"] for entry in json.loads((place / "tests" / "catalog.json").read_text())["streams"]
    }
    own = {
        item["name"]
        for items in plugin["config"].values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict)
    }
    for pattern in (each.lstrip("!").partition(".")[0] for each in plugin["select"]):
        assert fnmatch.filter(streams | own, pattern), pattern


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_file_holds_no_secret(client: str) -> None:
    text = (ROOT / "clients" / f"{client}.meltano.yml").read_text().lower()
    assert not [word for word in ("password", "secret", "token", "api_key") if word in text]
