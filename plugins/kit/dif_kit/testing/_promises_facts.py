"""What a tap promises before anything is asked of a provider."""
# ruff: noqa: S101 - these are tests: they assert, and their names say what

from __future__ import annotations

import io
import json
import os
import re
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from dif_kit.testing._subject import Subject

__all__ = ["FactPromises", "golden"]

_SECRET_WORDS: Final = ("secret", "password", "token", "api_key", "private_key", "redis_url")
_LONGEST_LINE: Final = 240
_ABLE: Final = {"about", "catalog", "discover", "state"}


class FactPromises:
    """Promises that the tap's class alone can keep."""

    def test_the_catalog_changes_only_on_purpose(self, subject: Subject) -> None:
        golden(subject.golden_catalog, subject.catalog())

    def test_totals_are_of_columns_that_both_streams_have(self, subject: Subject) -> None:
        streams = {entry["tap_stream_id"]: entry for entry in subject.catalog()["streams"]}
        columns = {name: set(entry["schema"]["properties"]) for name, entry in streams.items()}
        for name, entry in streams.items():
            root = next(each["metadata"] for each in entry["metadata"] if not each["breadcrumb"])
            if (totals := root.get("dif.totals")) is not None:
                unknown = {*totals["figures"], *totals["by"]} - (columns[name] & columns.get(totals["stream"], set()))
                assert not unknown, f"{name}: its totals are of {sorted(unknown)}, which not both streams have"

    def test_the_runs_have_a_day_of_their_own_where_the_provider_forgets(self, subject: Subject) -> None:
        forgets = [s.name for s in subject.streams() if s.window is not None and s.window.retention_days is not None]
        assert subject.today is not None or not forgets, (
            f"the provider keeps {forgets[0]} for a while only, and these tests would fail when they are older: "
            "say conformance(..., today=date(...)), a day soon after those of the config"
        )

    def test_every_key_is_a_column(self, subject: Subject) -> None:
        for entry in subject.catalog()["streams"]:
            columns = entry["schema"]["properties"]
            assert entry["key_properties"], f"{entry['stream']} has no primary key"
            unknown = set(entry["key_properties"]) - set(columns)
            assert not unknown, f"{entry['stream']}: its primary key has {sorted(unknown)}, which are no columns"
            assert entry.get("replication_key") in {None, *columns}, (
                f"{entry['stream']}: its replication key {entry['replication_key']!r} is no column"
            )

    def test_settings_that_hold_secrets_are_flagged(self, subject: Subject) -> None:
        for name, setting in subject.tap.config_jsonschema["properties"].items():
            if any(word in name for word in _SECRET_WORDS):
                assert setting.get("secret"), (
                    f"the setting {name} is not flagged as secret: Meltano would show and log it. Put it into the "
                    "credential, or state Property(..., secret=True)"
                )

    def test_every_stream_names_its_budgets(self, subject: Subject) -> None:
        for stream in subject.streams():
            assert stream.budgets, (
                f"{stream.name} names no budget: nothing would hold its requests back from the provider's limit. "
                "State budgets = (Budget(...),)"
            )

    def test_a_window_asks_for_all_its_days(self, subject: Subject) -> None:
        for stream in subject.streams():
            if stream.window is None:
                continue
            asked = set(re.findall(r"\{(start|end)(?:\.day)?[:}]", repr(stream.templates())))
            wanted = {"start"} if stream.window.days == 1 else {"start", "end"}
            assert wanted <= asked, (
                f"{stream.name} has a window of {stream.window.days} days, but its requests do not name "
                f"{sorted(wanted - asked)}: days would be told as covered that nobody asked for"
            )

    def test_about_tells_all_there_is_to_know(self, subject: Subject) -> None:
        told = _told_about(subject)
        assert told["name"] == subject.tap.name
        assert told.get("description"), f"--about has no description: give {subject.tap.__name__} a docstring"
        assert told.get("version"), "--about has no version: is the package installed?"
        assert set(told["capabilities"]) >= _ABLE, f"--about lacks the capabilities {_ABLE - set(told['capabilities'])}"
        for name, setting in told["settings"]["properties"].items():
            assert setting.get("description"), f"the setting {name} has no description: --about and the README lack it"
        for stream in subject.streams():
            assert stream.__doc__, f"{stream.name} has no docstring: nobody can tell what its rows are"


def golden(path: Path, document: Any) -> None:  # noqa: ANN401 - any JSON
    """Compare with a golden file, or write it anew if GOLDEN=update."""
    text = _one_column_a_line(document) + "\n"
    if os.environ.get("GOLDEN") == "update":
        path.write_text(text)
    assert path.read_text() == text, f"{path.name} is not what it was: run with GOLDEN=update, look at the difference"


def _told_about(subject: Subject) -> dict[str, Any]:
    output = io.StringIO()
    with redirect_stdout(output), suppress(SystemExit):
        subject.tap.cli.main(["--about", "--format=json"])
    told: dict[str, Any] = json.loads(output.getvalue())
    return told


def _one_column_a_line(value: Any, margin: str = "") -> str:  # noqa: ANN401 - a part of a catalog
    """JSON in which whatever is short stands on one line, so that a difference is a line a column."""
    flat = json.dumps(value)
    if len(flat) <= _LONGEST_LINE or not isinstance(value, dict | list):
        return flat
    inner = margin + "  "
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [f"{json.dumps(name)}: {_one_column_a_line(part, inner)}" for name, part in value.items()]
    else:
        opening, closing = "[", "]"
        parts = [_one_column_a_line(part, inner) for part in value]
    lines = ",\n".join(inner + part for part in parts)
    return f"{opening}\n{lines}\n{margin}{closing}"
