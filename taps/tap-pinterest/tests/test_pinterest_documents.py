"""README, Meltano file, schemas and settings say the same as the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from dif_kit.tap import ReportStream
from dif_kit.testing.readme import documents
from tap_pinterest.tap import TapPinterest

FOLDER = Path(__file__).parents[1]
SCHEMAS = FOLDER / "tap_pinterest" / "schemas"
STREAMS = {stream.name: stream for stream in TapPinterest.stream_types}
UNASKED = {"DATE", "TARGETING_TYPE", "TARGETING_VALUE"}
DATED = [name for name, stream in STREAMS.items() if stream.window is not None]


@pytest.fixture(scope="module")
def extractor() -> dict[str, Any]:
    """The tap as Meltano knows it."""
    (found,) = yaml.safe_load((FOLDER / "tap-pinterest.meltano.yml").read_text())["plugins"]["extractors"]
    return found


@pytest.mark.parametrize("path", documents(TapPinterest), ids=lambda path: path.name)
def test_the_generated_parts_are_current(path: Path) -> None:
    assert path.read_text() == documents(TapPinterest)[path], "run `make docs`"


def test_the_readme_names_every_setting_and_stream() -> None:
    readme = (FOLDER / "README.md").read_text()
    names = {*STREAMS, "credential_ref", "start_date", "ad_account_ids", "targeting_types", "lookback_days"}
    assert not [name for name in names if f"| `{name}` |" not in readme]


def test_meltano_knows_the_capabilities_of_the_tap(extractor: dict[str, Any]) -> None:
    assert set(extractor["capabilities"]) == {capability.value for capability in TapPinterest.capabilities}


def test_meltano_runs_the_tap_from_the_workspace(extractor: dict[str, Any]) -> None:
    assert extractor["executable"] == "tap-pinterest"
    assert "pip_url" not in extractor


def test_meltano_passes_a_reference_of_the_client_and_no_secret(extractor: dict[str, Any]) -> None:
    assert extractor["config"]["credential_ref"] == "vault://$MELTANO_ENVIRONMENT/pinterest"


def test_every_stream_has_a_schema_and_every_schema_a_stream() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(STREAMS)


@pytest.mark.parametrize("name", STREAMS)
def test_keys_are_required_and_all_else_may_be_null(name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    assert set(STREAMS[name].primary_keys) <= set(schema["required"])
    for column, of in schema["properties"].items():
        assert ("null" in of["type"]) == (column not in schema["required"]), column


@pytest.mark.parametrize("name", STREAMS)
def test_a_new_value_of_an_enumeration_cannot_break_a_load(name: str) -> None:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    assert not [column for column, of in schema["properties"].items() if "enum" in of]


@pytest.mark.parametrize("name", DATED)
def test_a_row_of_figures_is_one_entity_on_one_day(name: str) -> None:
    assert STREAMS[name].replication_key in STREAMS[name].primary_keys


@pytest.mark.parametrize("name", [name for name in DATED if STREAMS[name].replication_key == "DATE"])
def test_every_column_that_does_not_come_by_itself_is_asked_for(name: str) -> None:
    stream = STREAMS[name]
    columns = [
        column for column in json.loads((SCHEMAS / f"{name}.json").read_text())["properties"] if column not in UNASKED
    ]
    if issubclass(stream, ReportStream):
        assert stream.body["columns"] == columns
    else:
        assert stream.params["columns"].split(",") == columns
