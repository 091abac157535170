"""The promises that every tap keeps, as one test class a tap's tests instantiate."""
# ruff: noqa: S101 - these are tests: they assert, and their names say what

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from dif_kit.errors import ExitCode
from dif_kit.testing._api import ApiAnswer, FakeApi
from dif_kit.testing._patience import impatient
from dif_kit.testing._run import TapRun, run_tap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from dif_kit.tap import Tap
    from dif_kit.testing._api import ApiRequest

__all__ = ["conformance"]

_SECRET_WORDS: Final = ("secret", "password", "token", "api_key", "redis_url")
_LONGEST_LINE: Final = 240
_FAULTS_A_PATH: Final = 2
_FAULTY_PATHS: Final = (
    12  # a tap pays its retries from a purse; an API that fails everywhere is given up, and should be
)
_FAULTS: Final = (
    ApiAnswer({"message": "slow down"}, status=429, headers={"Retry-After": "0.001"}),
    ApiAnswer({"message": "broken"}, status=500),
    ApiAnswer(b"<html>unavailable</html>", status=503, headers={"Content-Type": "text/html"}),
    ApiAnswer(b'{"cut":', status=200),
)


def conformance(
    tap: type[Tap],
    *,
    routes: Callable[[FakeApi], None],
    config: Mapping[str, Any],
    credential: Mapping[str, str],
    golden_catalog: Path,
    forbidden: str,
    api_path: str = "",
    empty_streams: frozenset[str] = frozenset(),
) -> type:
    """A test class with singer-sdk's standard tests of a tap, and dif's own.

    ``routes`` teaches a `FakeApi` to answer like the provider; it should have two partitions at least. ``config`` needs
    no ``api_url`` and no ``credential_ref``. ``forbidden`` is a path that belongs to one partition; it is refused with
    403 to see that the others still come. ``api_path`` is the path of the API's address (``/v5``). ``empty_streams``
    may have no rows. The golden catalog is written anew by ``GOLDEN=update``.
    """
    api = FakeApi()
    routes(api)
    variable = f"DIF_CONFORMANCE_{tap.name.upper().replace('-', '_')}"
    settings = {**config, "api_url": api.url + api_path, "credential_ref": f"env://{variable}"}
    standard: Any = get_tap_test_class(
        tap_class=tap,
        config=dict(settings),
        parse_env_config=False,
        suite_config=SuiteConfig(ignore_no_records_for_streams=sorted(empty_streams)),
    )

    class Conformance(_Promises, standard):  # type: ignore[misc]  # the base is made by singer-sdk at run time
        """The promises of one tap."""

        @pytest.fixture(scope="class", autouse=True)
        @classmethod
        def _surroundings(cls) -> Iterator[None]:
            os.environ[variable] = json.dumps(dict(credential))
            with api, impatient(tap):
                yield
            del os.environ[variable]

        @pytest.fixture
        def subject(self) -> _Subject:
            api.requests.clear()
            api.interrupt = lambda _request: None
            return _Subject(
                tap=tap,
                api=api,
                settings=settings,
                credential=credential,
                golden_catalog=golden_catalog,
                forbidden=forbidden,
                empty_streams=empty_streams,
            )

    return Conformance


@dataclass(frozen=True, slots=True)
class _Subject:
    """A tap with all that the promises need to know of it."""

    tap: type[Tap]
    api: FakeApi
    settings: Mapping[str, Any]
    credential: Mapping[str, str]
    golden_catalog: Path
    forbidden: str
    empty_streams: frozenset[str]

    def run(self, state: Mapping[str, Any] | None = None) -> TapRun:
        return run_tap(self.tap, self.settings, state=state)

    def catalog(self) -> dict[str, Any]:
        catalog: dict[str, Any] = self.tap(config=dict(self.settings), validate_config=False).catalog_dict
        return catalog


class _Promises:
    """What dif promises of every tap."""

    def test_the_catalog_changes_only_on_purpose(self, subject: _Subject) -> None:
        text = _one_column_a_line(subject.catalog()) + "\n"
        if os.environ.get("GOLDEN") == "update":
            subject.golden_catalog.write_text(text)
        assert subject.golden_catalog.read_text() == text, "run with GOLDEN=update and look at the difference"

    def test_totals_are_of_columns_that_both_streams_have(self, subject: _Subject) -> None:
        streams = {entry["tap_stream_id"]: entry for entry in subject.catalog()["streams"]}
        columns = {name: set(entry["schema"]["properties"]) for name, entry in streams.items()}
        for name, entry in streams.items():
            root = next(each["metadata"] for each in entry["metadata"] if not each["breadcrumb"])
            if (totals := root.get("dif.totals")) is not None:
                assert {*totals["figures"], *totals["by"]} <= columns[name] & columns[totals["stream"]], name

    def test_every_key_is_a_column(self, subject: _Subject) -> None:
        for entry in subject.catalog()["streams"]:
            columns = entry["schema"]["properties"]
            assert entry["key_properties"], f"{entry['stream']} has no primary key"
            assert set(entry["key_properties"]) <= set(columns), entry["stream"]
            assert entry.get("replication_key") in {None, *columns}, entry["stream"]

    def test_settings_that_hold_secrets_are_flagged(self, subject: _Subject) -> None:
        for name, setting in subject.tap.config_jsonschema["properties"].items():
            if any(word in name for word in _SECRET_WORDS):
                assert setting.get("secret"), f"{name} is not flagged as secret"

    def test_a_run_is_complete_and_its_rows_fit_their_schemas(self, subject: _Subject) -> None:
        run = subject.run()
        assert (run.exit_code, run.last_line if run.exit_code else "") == (0, "")
        assert run.states[0]["dif"]["complete"] is False
        assert run.receipt.complete
        assert not subject.api.unknown, [request.path for request in subject.api.unknown]
        sent = Counter(message["stream"] for message in run.messages if message["type"] == "RECORD")
        assert sent == {name: told.records for name, told in run.receipt.streams.items() if told.records}
        assert {stream["stream"] for stream in subject.catalog()["streams"]} - set(sent) <= subject.empty_streams
        _check_rows(run)

    def test_the_next_run_goes_on_from_the_state(self, subject: _Subject) -> None:
        first = subject.run()
        second = subject.run(state=first.state)
        assert second.exit_code == 0, second.last_line
        assert second.states[0]["bookmarks"] == first.state["bookmarks"]
        assert second.state["bookmarks"] == first.state["bookmarks"]
        for name, told in second.receipt.streams.items():
            assert told.records <= first.receipt.streams[name].records, name

    def test_two_runs_say_the_same(self, subject: _Subject) -> None:
        assert _content(subject.run()) == _content(subject.run())

    def test_429_500_503_and_half_answers_lose_nothing(self, subject: _Subject) -> None:
        calm = subject.run()
        told: Counter[str] = Counter()

        def interrupt(request: ApiRequest) -> ApiAnswer | None:
            # Two faults a path: with four kinds in turn, every kind meets some path of any tap.
            told[request.path] += 1
            kind = (len(told) + told[request.path]) % len(_FAULTS)
            is_met = told[request.path] <= _FAULTS_A_PATH and len(told) <= _FAULTY_PATHS
            return _FAULTS[kind] if is_met else None

        subject.api.interrupt = interrupt
        stormy = subject.run()
        assert stormy.exit_code == 0, stormy.last_line
        assert _content(stormy) == _content(calm)

    def test_a_forbidden_partition_does_not_stop_the_others(self, subject: _Subject) -> None:
        calm = subject.run()
        refusal = ApiAnswer({"message": "forbidden"}, status=403)
        subject.api.interrupt = lambda request: refusal if request.path == subject.forbidden else None
        run = subject.run()
        assert run.exit_code == ExitCode.PARTIAL, run.last_line
        assert not run.receipt.complete
        failed = {part.stream for part in run.receipt.failed}
        assert failed
        assert all(part.reason for part in run.receipt.failed)
        untouched = {name for name in calm.receipt.streams if name not in failed}
        assert all(run.records(name) == calm.records(name) for name in untouched)

    def test_no_secret_shows(self, subject: _Subject) -> None:
        refusal = ApiAnswer({"message": json.dumps(dict(subject.credential))}, status=403)
        subject.api.interrupt = lambda request: refusal if request.path == subject.forbidden else None
        run = subject.run()
        for name, value in subject.credential.items():
            if name != "client_id":
                assert value not in run.output + run.errors, name


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


def _content(run: TapRun) -> list[dict[str, Any]]:
    """The messages without what differs from run to run."""
    messages = copy.deepcopy(run.timeless)
    for message in messages:
        if message["type"] == "STATE":
            message["value"]["dif"]["run_id"] = "same"
    return messages


def _check_rows(run: TapRun) -> None:
    validators: dict[str, tuple[Any, list[str]]] = {}
    for message in run.messages:
        if message["type"] == "SCHEMA":
            keys = message["key_properties"]
            validators[message["stream"]] = (DEFAULT_JSONSCHEMA_VALIDATOR(message["schema"]), keys)
        elif message["type"] == "RECORD":
            validator, keys = validators[message["stream"]]
            validator.validate(message["record"])
            assert all(message["record"].get(key) is not None for key in keys), message
