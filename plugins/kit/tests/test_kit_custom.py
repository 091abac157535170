"""Streams that a client defines in the settings."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta, Stream, Tap, schema_of
from dif_kit.testing import run_tap

if TYPE_CHECKING:
    from dif_kit.testing import FakeApi

KNOWN = {
    "ID": {"type": ["string", "null"]},
    "SPEND": {"type": ["number", "null"], "description": "In the account's currency."},
    "CLICKS": {"type": ["integer", "null"]},
}


class Figures(Stream):
    path = "/figures"


class CustomFigures(CustomStream, frozen=True):
    """Figures of the client's own."""

    level: Annotated[Literal["SHOP", "SHELF"], Meta(description="What a row is about")]
    columns: tuple[str, ...]
    limit: int = 10

    def define(self) -> type[Stream]:
        return self.made_of(
            Figures,
            schema=schema_of(KNOWN, self.columns, keys=("ID",)),
            primary_keys=("ID",),
            params={"level": self.level, "columns": ",".join(self.columns), "limit": self.limit},
        )


class TapFigures(Tap):
    """Figures, as a client wants them."""

    name = "tap-figures"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    custom_streams = {"figures": CustomFigures}


def config(api: FakeApi, *figures: Any) -> dict[str, Any]:
    return {"api_url": api.url, "figures": list(figures)}


def test_a_tap_without_definitions_has_its_own_streams_only() -> None:
    assert TapFigures(config={}).catalog_dict == {"streams": []}


def test_a_definition_becomes_a_stream_with_its_own_request_and_schema(api: FakeApi) -> None:
    api.on("GET", "/figures", [[{"ID": "1", "SPEND": 2}]])
    run = run_tap(TapFigures, config(api, {"name": "by_shelf", "level": "SHELF", "columns": ["SPEND"]}))
    assert (run.exit_code, run.records("by_shelf")) == (0, [{"ID": "1", "SPEND": 2}])
    assert api.requests[-1].query == {"level": "SHELF", "columns": "SPEND", "limit": "10"}
    (schema,) = (message["schema"] for message in run.messages if message["type"] == "SCHEMA")
    assert schema["properties"] == {"ID": {"type": "string"}, "SPEND": KNOWN["SPEND"]}


def test_definitions_do_not_mix(api: FakeApi) -> None:
    api.on("GET", "/figures", [[{"ID": "1"}]])
    both = [{"name": name, "level": "SHOP", "columns": [column]} for name, column in (("a", "SPEND"), ("b", "CLICKS"))]
    assert run_tap(TapFigures, config(api, *both)).exit_code == 0
    assert [request.query["columns"] for request in api.requests] == ["SPEND", "CLICKS"]


def test_the_setting_tells_what_may_be_chosen() -> None:
    setting = TapFigures.config_jsonschema["properties"]["figures"]
    assert setting["description"] == "Figures of the client's own."
    assert setting["items"]["properties"]["level"] == {"enum": ["SHELF", "SHOP"], "description": "What a row is about"}
    assert setting["items"]["required"] == ["level", "columns", "name"]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (
            {"name": "by_shelf", "level": "SHELF", "columns": ["SPENT"]},
            "figures[0] (by_shelf): there is no column 'SPENT'",
        ),
        ({"name": "By", "level": "SHELF", "columns": []}, "figures[0] (By): a stream's name has small letters"),
        ({"name": "by", "level": "FLOOR", "columns": []}, "Invalid enum value 'FLOOR' - at `$.level`"),
        (7, "figures[0]: Expected `object`, got `int`"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(item: Any, told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        TapFigures(config={"figures": [item]}, validate_config=False).discover_streams()
    assert told in str(raised.value)
