"""A tap under test, with all that the promises need to know of it."""
# ruff: noqa: S101 - these are tests: they assert, and their names say what

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dif_kit.testing._run import TapRun, run_tap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from dif_kit.tap import Stream, Tap
    from dif_kit.testing._api import FakeApi

__all__ = ["Subject", "content"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A tap, the API that answers it, and what was kept of its runs."""

    tap: type[Tap]
    api: FakeApi
    settings: Mapping[str, Any]
    credential: Mapping[str, str]
    golden_catalog: Path
    golden_records: Path
    forbidden: str
    api_path: str
    empty_streams: frozenset[str]
    today: date | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def run(self, state: Mapping[str, Any] | None = None, **settings: Any) -> TapRun:  # noqa: ANN401 - any setting
        """Run the tap with all its streams."""
        return run_tap(self.tap, {**self.settings, **settings}, state=state)

    def calm(self) -> TapRun:
        """A run that nothing disturbs: the same one for every promise that compares with it."""
        if "run" not in self.kept:
            self.kept["run"] = self.run()
            self.kept["paths"] = self.api.paths()
            self.kept["unknown"] = sorted({f"{request.method} {request.path}" for request in self.api.unknown})
        run: TapRun = self.kept["run"]
        unknown: list[str] = self.kept["unknown"]
        assert not unknown, f"the tap asks for what no route answers: {', '.join(unknown)}"
        assert run.exit_code == 0, f"a run that nothing disturbs ends with {run.exit_code}: {run.last_line}"
        return run

    def calm_again(self) -> TapRun:
        """A second such run, kept as well."""
        if "again" not in self.kept:
            self.kept["again"] = self.run()
        again: TapRun = self.kept["again"]
        return again

    def calm_paths(self) -> list[str]:
        """What such a run asks for, in the order in which the API was asked."""
        self.calm()
        paths: list[str] = self.kept["paths"]
        return paths

    def catalog(self) -> dict[str, Any]:
        """What the tap discovers."""
        catalog: dict[str, Any] = self.tap(config=dict(self.settings), validate_config=False).catalog_dict
        return catalog

    def keyed(self, run: TapRun) -> dict[tuple[Any, ...], dict[str, Any]]:
        """The records of a run by stream and primary key, the last one wins: what a target would hold."""
        return {key: record for key, record in self.keys_of(run)}  # noqa: C416 - a mapping from pairs, by intent

    def keys_of(self, run: TapRun) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Stream and primary key of each record, with the record."""
        keys = {m["stream"]: m["key_properties"] for m in run.messages if m["type"] == "SCHEMA"}
        for message in run.messages:
            if message["type"] == "RECORD":
                stream, record = message["stream"], message["record"]
                yield (stream, *(repr(record.get(key)) for key in keys[stream])), record

    def streams(self) -> tuple[type[Stream], ...]:
        """The streams that the tap's class states."""
        return self.tap.stream_types


def content(run: TapRun) -> list[dict[str, Any]]:
    """The messages without what differs from run to run."""
    messages = run.timeless
    for message in messages:
        if message["type"] == "STATE":
            message["value"]["dif"]["run_id"] = "same"
    return messages
