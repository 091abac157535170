"""The private names of singer-sdk that dif touches are still what they were."""

from __future__ import annotations

import inspect
import signal
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
import singer_sdk
from dif_kit.tap import Stream, Tap
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.helpers._state import StateWriter
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.plugin_base import SingerCommand
from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter
from singer_sdk.singerlib.json import serialize_json

if TYPE_CHECKING:
    from collections.abc import Callable


def test_singer_sdk_is_the_version_that_was_read() -> None:
    assert version("singer-sdk") == "0.54.9"


@pytest.mark.parametrize(
    ("member", "parameters"),
    [
        (singer_sdk.Stream._write_record_message, ["self", "record"]),
        (singer_sdk.Stream._write_schema_message, ["self"]),
        (singer_sdk.Stream._write_state_message, ["self"]),
        (singer_sdk.Stream._generate_record_messages, ["self", "record"]),
        (singer_sdk.Stream._increment_stream_state, ["self", "latest_record", "context"]),
        (singer_sdk.Stream._write_starting_replication_value, ["self", "context"]),
        (singer_sdk.Stream._get_state_partition_context, ["self", "context"]),
        (singer_sdk.Stream._sync_records, ["self", "context", "write_messages"]),
        (singer_sdk.Stream._process_record, ["self", "record", "child_context", "partition_context"]),
        (singer_sdk.Stream._check_max_record_limit, ["self", "current_record_index"]),
        (singer_sdk.Stream._finalize_state, ["self", "state"]),
        (singer_sdk.Stream.post_process, ["self", "row", "context"]),
        (pop_deselected_record_properties, ["record", "schema", "mask", "breadcrumb"]),
        (SameRecordTransform.transform, ["self", "record"]),
        (SimpleSingerWriter.serialize_message, ["self", "message"]),
        (serialize_json, ["obj", "kwargs"]),
        (singer_sdk.Tap.sync_all, ["self"]),
        (singer_sdk.Tap._handle_termination, ["self", "signum", "frame"]),
        (StateWriter.write_state, ["self", "state"]),
        (SingerCommand.invoke, ["self", "ctx"]),
        (SingerCommand.excepthook, ["self", "exc_type", "exc_value", "exc_traceback"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_a_private_method_takes_what_it_took(member: Callable[..., Any], parameters: list[str]) -> None:
    assert list(inspect.signature(member).parameters) == parameters


def test_the_sdk_calls_our_seams(tap: type[Tap], config: dict[str, Any]) -> None:
    instance = tap(config=config)
    assert instance.state_writer is instance._state_writer
    instance._state_writer.write_state({"bookmarks": {}})
    stream = instance.streams["accounts"]
    assert stream._tap is instance
    stream.state_manager.is_flushed = True
    assert isinstance(stream, Stream)
    stream.request_state()
    assert stream.state_manager.is_flushed is False


def test_a_signal_reaches_the_switch(tap: type[Tap], config: dict[str, Any]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        instance = tap(config=config)
        assert signal.getsignal(signal.SIGTERM) == instance._handle_termination
    finally:
        signal.signal(signal.SIGTERM, before)
