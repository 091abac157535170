"""What a tap promises of the rows it sends while its provider behaves."""
# ruff: noqa: S101 - these are tests: they assert, and their names say what

from __future__ import annotations

import os
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from dif_kit.testing._altered import DIGITS, UNANNOUNCED, AlteredApi, longer_numbers
from dif_kit.testing._promises_facts import golden
from dif_kit.testing._subject import content

if TYPE_CHECKING:
    from dif_kit.testing._api import ApiAnswer, ApiRequest
    from dif_kit.testing._run import TapRun
    from dif_kit.testing._subject import Subject

__all__ = ["RowPromises"]

_DAY: Final = timedelta(days=1)
_EXACT: Final = msgspec.json.Decoder(float_hook=Decimal)


class RowPromises:
    """Promises about what is sent: all of it, as the provider wrote it, in the same order every time."""

    def test_a_run_is_complete_and_its_rows_fit_their_schemas(self, subject: Subject) -> None:
        run = subject.calm()
        assert run.states[0]["dif"]["complete"] is False
        assert run.receipt.complete
        sent = Counter(message["stream"] for message in run.messages if message["type"] == "RECORD")
        assert sent == {name: told.records for name, told in run.receipt.streams.items() if told.records}
        silent = {stream["stream"] for stream in subject.catalog()["streams"]} - set(sent) - subject.empty_streams
        assert not silent, f"these streams sent no row, so nothing of them is tested: {sorted(silent)}"
        _check_rows(run)

    def test_the_first_row_of_each_stream_changes_only_on_purpose(self, subject: Subject) -> None:
        if not subject.golden_records.exists() and os.environ.get("GOLDEN") != "update":
            pytest.skip(f"there is no {subject.golden_records.name}: GOLDEN=update writes it")
        run, first = subject.calm(), {}
        for stream in subject.catalog()["streams"]:
            rows = run.records(stream["stream"])
            if rows:
                text = msgspec.json.encode(rows[0]).replace(subject.api.url.encode(), b"{api}")
                first[stream["stream"]] = msgspec.json.decode(text)
        golden(subject.golden_records, first)

    def test_no_two_rows_have_the_same_key(self, subject: Subject) -> None:
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        columns = {stream.name: stream.context_columns for stream in subject.streams()}
        for key, record in subject.keys_of(subject.calm()):
            # An API that a test makes up may give two accounts the same ids; providers do not.
            partition = tuple(str(record.get(column)) for column in columns.get(key[0], ()))
            other = rows.setdefault((*key, *partition), record)
            if other is not record and other != record:
                differing = sorted(name for name in other.keys() | record.keys() if other.get(name) != record.get(name))
                pytest.fail(
                    f"{key[0]}: two rows have the primary key {key[1:]}, the second would overwrite the first in the "
                    f"warehouse; they differ in {differing}"
                )

    def test_the_same_row_has_the_same_key_in_every_run(self, subject: Subject) -> None:
        first, second = subject.keyed(subject.calm()), subject.keyed(subject.calm_again())
        changed = sorted({key[0] for key in first.keys() ^ second.keys()})
        assert not changed, (
            f"{', '.join(changed)}: a second run of the same data has other primary keys, so each run would load its "
            "rows again; the key must be the provider's own, not made while reading"
        )

    def test_two_runs_say_the_same(self, subject: Subject) -> None:
        assert content(subject.calm()) == content(subject.calm_again())

    def test_the_output_is_the_same_however_many_requests_are_under_way(self, subject: Subject) -> None:
        ahead, one_by_one = subject.calm(), subject.run(concurrency=1)
        assert content(ahead) == content(one_by_one), (
            "with concurrency 8 the output is another than with 1: something is kept from one answer to the next"
        )

    def test_the_next_run_goes_on_from_the_state(self, subject: Subject) -> None:
        first = subject.calm()
        second = subject.run(state=first.state)
        assert second.exit_code == 0, second.last_line
        assert second.states[0]["bookmarks"] == first.state["bookmarks"]
        assert second.state["bookmarks"] == first.state["bookmarks"]
        for name, told in second.receipt.streams.items():
            assert told.records <= first.receipt.streams[name].records, name

    def test_the_receipt_covers_every_day_that_was_asked_for(self, subject: Subject) -> None:
        run = subject.calm()
        for stream in subject.streams():
            if stream.window is None or stream.final_until is not None or stream.window.retention_days is not None:
                continue
            days: dict[str, set[date]] = {}
            for covered in run.receipt.streams[stream.name].windows:
                day, known = date.fromisoformat(covered.from_), days.setdefault(str(covered.partition), set())
                while day <= date.fromisoformat(covered.to):
                    known.add(day)
                    day += _DAY
            wanted = _days_of(subject)
            for partition, known in days.items():
                missing = sorted(day.isoformat() for day in wanted - known)
                assert not missing, f"{stream.name} {partition}: {missing[:3]} and so on were not covered"

    def test_moments_that_bookmarks_are_made_of_say_their_zone(self, subject: Subject) -> None:
        run = subject.calm()
        for stream in subject.streams():
            key = stream.replication_key
            if key is None or stream.window is not None or stream.replication_format != "date-time":
                continue
            for record in run.records(stream.name):
                value = record.get(key)
                assert not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None, (
                    f"{stream.name}: {key} is {value!r}, a time without a zone: whose clock is it? A bookmark of it is "
                    "hours off; say the zone where the API lets you choose, or read the list whole"
                )

    def test_numbers_keep_every_digit(self, subject: Subject) -> None:
        calm, altered = subject.calm(), 0

        def interrupt(request: ApiRequest) -> ApiAnswer | None:
            nonlocal altered
            longer = longer_numbers(subject.api.usual(request))
            altered += longer is not None
            return longer

        subject.api.interrupt = interrupt
        run = subject.run()
        if not altered:
            pytest.skip("no answer holds a decimal number in JSON")
        assert run.exit_code == 0, run.last_line
        shortened = sorted(_columns_of_decimals(calm.output) - _columns_with_all_digits(run.output))
        assert not shortened, (
            f"{', '.join(shortened[:5])}: digits are lost, so a number went through a float; money must stay as the "
            "provider wrote it"
        )

    def test_a_column_that_no_schema_knows_is_sent(self, subject: Subject) -> None:
        calm, altered, told = subject.calm(), AlteredApi(subject), set()

        def interrupt(request: ApiRequest) -> ApiAnswer | None:
            found = altered.with_unknown_column(request)
            if found is None:
                return None
            told.add(found[0])
            return found[1]

        subject.api.interrupt = interrupt
        run = subject.run()
        if not told:
            pytest.skip("no stream's rows stand in a plain array of JSON")
        assert run.exit_code == 0, run.last_line
        dropped = sorted(
            name for name in told if calm.records(name) and not any(UNANNOUNCED in row for row in run.records(name))
        )
        assert not dropped, (
            f"{', '.join(dropped)}: a column that the schema does not know is dropped without a word; the target "
            "decides what becomes of it, so send it"
        )


def _days_of(subject: Subject) -> set[date]:
    first, last = (date.fromisoformat(str(subject.settings[name])[:10]) for name in ("start_date", "end_date"))
    return {first + _DAY * number for number in range((last - first).days + 1)}


def _columns_of_decimals(output: str) -> set[str]:
    """``stream.column`` of every value that has digits behind its point."""
    return {name for name, value in _numbers(output) if value != value.to_integral_value()}


def _columns_with_all_digits(output: str) -> set[str]:
    return {name for name, value in _numbers(output) if str(value).endswith(DIGITS)}


def _numbers(output: str) -> list[tuple[str, Decimal]]:
    """The decimal numbers that stand in the rows themselves, not below."""
    found = []
    for line in output.split("\n"):
        message = _EXACT.decode(line) if line else {}
        if message.get("type") == "RECORD":
            for column, value in message["record"].items():
                if isinstance(value, Decimal):
                    found.append((f"{message['stream']}.{column}", value))
    return found


def _check_rows(run: TapRun) -> None:
    validators: dict[str, tuple[Any, list[str]]] = {}
    for message in run.messages:
        if message["type"] == "SCHEMA":
            keys = message["key_properties"]
            validators[message["stream"]] = (DEFAULT_JSONSCHEMA_VALIDATOR(message["schema"]), keys)
        elif message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            validator, keys = validators[stream]
            misfit = next(iter(validator.iter_errors(record)), None)
            if misfit is not None:
                pytest.fail(f"{stream}: a row does not fit its schema at {misfit.json_path}: {misfit.message}")
            empty = [key for key in keys if record.get(key) is None]
            assert not empty, f"{stream}: a row has no value for {empty} of its primary key: {str(record)[:200]}"
