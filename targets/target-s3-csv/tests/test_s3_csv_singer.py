"""An ordinary Singer target: the SDK's own tests, the command line, the project's settings file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from dif_kit.testing import singer_tests
from target_s3_csv.target import TargetS3Csv

CONFIG = {"bucket": "lake", "client": "acme", "prefix": "standard", "tap": "tap-sdk"}


@pytest.mark.usefixtures("environment")
class TestSinger(singer_tests(TargetS3Csv, CONFIG)):  # type: ignore[misc]
    """The SDK's tests of targets."""


def test_about_names_every_setting_with_a_description() -> None:
    done = subprocess.run([program(), "--about", "--format=json"], capture_output=True, check=True)
    settings = json.loads(done.stdout)["settings"]["properties"]
    assert {"bucket", "prefix", "client", "tap", "endpoint_url", "unknown_fields"} <= set(settings)
    assert all(facts.get("description") for facts in settings.values())
    assert not {"load_method", "validate_records", "batch_size_rows"} & set(settings)


def program() -> str:
    from sys import executable

    return str(Path(executable).with_name("target-s3-csv"))


def test_an_input_file_is_read_instead_of_standard_input(
    target: Callable[..., Any], to_lines: Callable[..., bytes], tmp_path: Path
) -> None:
    made = target()
    made.start().communicate(b"", timeout=30)
    file = tmp_path / "input.singer"
    schema = {"type": "SCHEMA", "stream": "s", "schema": {"properties": {"id": {"type": "integer"}}}}
    file.write_bytes(to_lines(schema, {"type": "RECORD", "stream": "s", "record": {"id": 7}}))
    command = [program(), "--config", str(tmp_path / "config.json"), "--input", str(file)]
    done = subprocess.run(command, capture_output=True, env=made.environment, check=False)
    assert done.returncode == 0, done.stderr
    assert made.ids() == [7]


def test_settings_come_from_the_environment_too(target: Callable[..., Any], to_lines: Callable[..., bytes]) -> None:
    made = target()
    variables = {f"TARGET_S3_CSV_{name.upper()}": value for name, value in made.config.items()}
    schema = {"type": "SCHEMA", "stream": "s", "schema": {"properties": {"id": {"type": "integer"}}}}
    done = subprocess.run(
        [program(), "--config=ENV"],
        input=to_lines(schema, {"type": "RECORD", "stream": "s", "record": {"id": 8}}),
        capture_output=True, env={**made.environment, **variables}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert made.ids() == [8]


def test_meltano_is_told_every_setting_of_our_own() -> None:
    file = Path(__file__).parents[1] / "target-s3-csv.meltano.yml"
    (loader,) = yaml.safe_load(file.read_text())["plugins"]["loaders"]
    assert (loader["name"], loader["namespace"], loader["executable"]) == (
        TargetS3Csv.name,
        "target_s3_csv",
        loader["name"],
    )
    of_sdk = ("stream_map", "flattening", "faker", "add_record_metadata", "process_activate_version")
    ours = {name for name in TargetS3Csv.config_jsonschema["properties"] if not name.startswith(of_sdk)}
    assert {setting["name"] for setting in loader["settings"]} == ours
    assert loader["config"]["client"] == "$MELTANO_ENVIRONMENT"
