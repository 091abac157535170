"""The promises that every target with tables keeps, beside singer-sdk's standard tests."""
# ruff: noqa: S101 - these are tests: they assert, and their names say what

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pytest

from dif_kit.errors import ExitCode
from dif_kit.testing._run_target import TargetRun, run_target
from dif_kit.testing._singer import singer_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dif_kit.target import Destination, Noted, StagedUnit, Target

__all__ = ["target_conformance"]

_SECRET_WORDS: Final = ("secret", "password", "token", "api_key", "private_key")
_COLUMNS: Final[Mapping[str, Any]] = {
    "id": {"type": "integer"},
    "name": {"type": ["string", "null"]},
    "spend": {"type": ["number", "null"], "multipleOf": 0.01},
    "at": {"type": ["string", "null"], "format": "date-time"},
    "is_paused": {"type": ["boolean", "null"]},
    "tags": {"type": ["array", "null"]},
}
_ROWS: Final[tuple[Mapping[str, Any], ...]] = (
    {"id": 1, "name": 'a "name", with \\ and\nΩ', "spend": 12.5, "at": "2026-11-20T10:00:00Z", "is_paused": True},
    {"id": 2, "name": "", "spend": None, "at": None, "is_paused": False, "tags": ["x", {"y": 1}]},
    {"id": 9007199254740993, "name": "\\N", "spend": Decimal("12345678901234567.89"), "tags": []},
)
_STATE: Final[Mapping[str, Any]] = {"type": "STATE", "value": {"bookmarks": {"days": {"date": "2026-11-20"}}}}


@dataclass(frozen=True)
class _Subject:
    """A target before an empty destination."""

    target: type[Target]
    config: Mapping[str, Any]
    held: Callable[[Mapping[str, Any], str], Iterable[Mapping[str, Any]]]

    def run(self, *messages: Mapping[str, Any], target: type[Target] | None = None) -> TargetRun:
        return run_target(target or self.target, self.config, messages)

    def rows(self, stream: str = "days") -> dict[str, dict[str, Any]]:
        """What the destination holds of a stream, by the id; a row that stands twice is an error."""
        found: dict[str, dict[str, Any]] = {}
        for row in self.held(self.config, stream):
            key = str(row["id"])
            assert key not in found, f"two rows of {stream} have the key {key}"
            found[key] = dict(row)
        return found

    def with_destination(self, made: Callable[[Destination], Destination]) -> type[Target]:
        """The target, what it delivers to put into something else."""

        def destination(target: Target) -> Destination:
            return made(self.target.destination(target))

        return cast("type[Target]", type("Altered", (self.target,), {"destination": destination}))


class _Passing:
    """A destination that hands everything on."""

    def __init__(self, behind: Destination) -> None:
        self.behind = behind

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the destination has
        return getattr(self.behind, name)


class _Repeating(_Passing):
    """Delivers everything twice, as after an answer that was lost."""

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        self.behind.deliver(units)
        self.behind.deliver(units)


class _LosingTheLast(_Passing):
    """The files of the last unit are gone when it is to be delivered."""

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        last = units[-1]
        parts = tuple(_elsewhere(part) for part in last.manifest.parts)
        self.behind.deliver(
            [*units[:-1], msgspec.structs.replace(last, manifest=msgspec.structs.replace(last.manifest, parts=parts))]
        )


class _Asking(_Passing):
    """Keeps what the destination notes of each delivery."""

    def __init__(self, behind: Destination, notes: list[Noted]) -> None:
        super().__init__(behind)
        self._notes = notes

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        self.behind.deliver(units)
        self._notes += self.behind.noted(units)


def _elsewhere(part: Any) -> Any:  # noqa: ANN401 - a struct of the manifest
    return msgspec.structs.replace(part, url=f"{part.url}.gone")


def _schema(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON Schema
    properties = {**_COLUMNS, **more}
    return {"type": "SCHEMA", "stream": "days", "key_properties": ["id"], "schema": {"properties": properties}}


def _records(*rows: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {"type": "RECORD", "stream": "days", "record": row}


class TargetPromises:
    """What a target with tables promises, whatever it delivers to."""

    def test_about_tells_what_each_setting_is_for_and_flags_secrets(self, subject: _Subject) -> None:
        assert subject.target.__doc__, f"--about has no description: give {subject.target.__name__} a docstring"
        for name, setting in subject.target.config_jsonschema["properties"].items():
            assert setting.get("description"), f"the setting {name} has no description: --about and the README lack it"
            if any(word in name for word in _SECRET_WORDS):
                assert setting.get("secret"), f"the setting {name} is not flagged as secret: Meltano would show it"

    def test_every_value_arrives_as_it_was_sent(self, subject: _Subject) -> None:
        run = subject.run(_schema(), *_records(*_ROWS), _STATE)
        assert run.exit_code == 0, run.last_line
        rows = subject.rows()
        assert set(rows) == {str(row["id"]) for row in _ROWS}, "rows are missing, or there are others"
        assert rows["1"]["name"] == _ROWS[0]["name"], "a text is not what was sent"
        assert (rows["2"]["name"], rows["2"]["spend"]) == ("", None), "an empty text and NULL are not kept apart"
        assert rows["9007199254740993"]["name"] == "\\N", "a text that looks like NULL became NULL"
        spend = str(rows["9007199254740993"]["spend"])
        assert spend == "12345678901234567.89", f"a number lost digits: 12345678901234567.89 became {spend}"
        assert json.loads(rows["2"]["tags"]) == ["x", {"y": 1}], "nested JSON is not what was sent"

    def test_a_later_row_of_a_key_takes_the_place_of_the_earlier(self, subject: _Subject) -> None:
        first, later = {"id": 1, "name": "first"}, {"id": 1, "name": "later"}
        assert subject.run(_schema(), *_records(first, {"id": 2, "name": "two"}, later)).exit_code == 0
        assert {key: row["name"] for key, row in subject.rows().items()} == {"1": "later", "2": "two"}
        assert subject.run(_schema(), *_records({"id": 2, "name": "next run"})).exit_code == 0
        assert {key: row["name"] for key, row in subject.rows().items()} == {"1": "later", "2": "next run"}

    def test_a_new_column_comes_and_old_rows_stay(self, subject: _Subject) -> None:
        added = _schema(clicks={"type": ["integer", "null"]})
        run = subject.run(_schema(), *_records({"id": 1, "name": "old"}), added, *_records({"id": 2, "clicks": 7}))
        assert run.exit_code == 0, run.last_line
        rows = subject.rows()
        assert (rows["1"]["name"], rows["1"]["clicks"], str(rows["2"]["clicks"])) == ("old", None, "7")

    def test_what_is_delivered_twice_is_there_once(self, subject: _Subject) -> None:
        unkeyed = {**_schema(), "key_properties": []}
        run = subject.run(unkeyed, *_records(*_ROWS), target=subject.with_destination(_Repeating))
        assert run.exit_code == 0, run.last_line
        found = sorted(str(row["id"]) for row in subject.held(subject.config, "days"))
        assert found == sorted(str(row["id"]) for row in _ROWS), (
            "a unit that was delivered again was loaded again: note each manifest in the transaction that loads it, "
            "and leave out those that are noted"
        )

    def test_a_stream_is_delivered_whole_or_not_at_all(self, subject: _Subject) -> None:
        two_units = (_schema(), *_records(_ROWS[0]), _schema(clicks={"type": ["integer", "null"]}), *_records(_ROWS[1]))
        run = subject.run(*two_units, _STATE, target=subject.with_destination(_LosingTheLast))
        assert run.exit_code == ExitCode.FAILED, "a unit whose files are gone was taken for delivered"
        assert "Traceback" not in run.errors, "a failure is one line, not a traceback"
        assert run.states == [], "STATE was told, but not everything before it is there"
        held = subject.rows() if _has_table(subject) else {}
        assert not held, "a part of a stream was committed: load all its units in one transaction"

    def test_each_delivery_says_how_many_rows_were_loaded_and_superseded(self, subject: _Subject) -> None:
        notes: list[Noted] = []
        altered = subject.with_destination(lambda behind: cast("Destination", _Asking(behind, notes)))
        rows = ({"id": 1}, {"id": 2}, {"id": 1, "name": "later"})
        assert subject.run(_schema(), *_records(*rows), target=altered).exit_code == 0
        assert [(note.loaded, note.superseded) for note in notes] == [(2, 1)], "noted() does not say what happened"

    def test_state_is_told_when_the_rows_before_it_are_there(self, subject: _Subject) -> None:
        run = subject.run(_schema(), *_records(*_ROWS), _STATE)
        assert run.states == [_STATE["value"]]
        assert len(subject.rows()) == len(_ROWS)

    def test_what_does_not_fit_is_put_aside_and_the_rest_arrives(self, subject: _Subject) -> None:
        run = subject.run(_schema(), *_records({"id": 1}, {"id": "no number"}, {"id": 3}), _STATE)
        assert run.exit_code == ExitCode.PARTIAL, run.last_line
        assert set(subject.rows()) == {"1", "3"}


def _has_table(subject: _Subject) -> bool:
    """Whether the destination knows the stream at all; one that never got a row of it may not."""
    try:
        list(subject.held(subject.config, "days"))
    except Exception:  # noqa: BLE001 - each destination refuses in words of its own
        return False
    return True


def target_conformance(
    target: type[Target],
    *,
    config: Callable[[Path], Mapping[str, Any]],
    held: Callable[[Mapping[str, Any], str], Iterable[Mapping[str, Any]]],
) -> type:
    """A test class with singer-sdk's standard tests of a target, and dif's own.

    ``config`` gives the settings of a target before an empty destination, from a folder that is empty too; ``held`` the
    rows that the destination of these settings holds of a stream, by the names of their columns.
    """
    settings: dict[str, Any] = {}
    standard: Any = singer_tests(target, settings)

    class Conformance(TargetPromises, standard):  # type: ignore[misc]  # made at run time
        """The promises of one target."""

        @pytest.fixture(autouse=True)
        @classmethod
        def _surroundings(cls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
            monkeypatch.delenv("DIF_RUN_ID", raising=False)
            settings.clear()
            settings.update(config(tmp_path))

        @pytest.fixture
        def subject(self) -> _Subject:
            return _Subject(target, dict(settings), held)

    return Conformance
