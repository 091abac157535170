"""A run of a tap, as the shell that started it would see it."""

from __future__ import annotations

import copy
import io
import json
import logging
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from dif_kit.delivery import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.plugin_base import PluginBase

    from dif_kit.tap import Tap

__all__ = ["TapRun", "command_ended", "process_as_before", "run_tap"]


@dataclass(frozen=True)
class TapRun:
    """Exit code, messages in their order, what stood on stderr.

    What its properties give is parsed once: do not change it.
    """

    exit_code: int
    output: str
    errors: str

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        """All Singer messages."""
        # Only the line end itself: letters such as U+0085 end a line for splitlines.
        return [json.loads(line) for line in self.output.split("\n") if line]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The values of the STATE messages."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """The last STATE, what the next run is given."""
        return self.states[-1]

    @property
    def receipt(self) -> Receipt:
        """The receipt in the last STATE."""
        receipt = Receipt.from_state(self.state)
        if receipt is None:
            raise AssertionError("the last STATE holds no receipt")
        return receipt

    def bookmark(self, stream: str, **context: str) -> Any:  # noqa: ANN401 - a date, a moment or a number
        """How far a stream, or its partition of that context, has come by the last STATE; None without a bookmark."""
        kept = self.state["bookmarks"].get(stream, {})
        partitions = kept.get("partitions", [kept])
        found = [each for each in partitions if each.get("context", {}) == context]
        return found[0].get("replication_key_value") if found else None

    @property
    def last_line(self) -> str:
        """The last line on stderr: what a person on call reads."""
        return self.errors.strip().splitlines()[-1] if self.errors.strip() else ""

    @cached_property
    def timeless(self) -> list[dict[str, Any]]:
        """All messages, but for moments and what follows from them: checksums and seals."""
        messages = copy.deepcopy(self.messages)
        for message in messages:
            message.pop("time_extracted", None)
            if message["type"] == "STATE":
                receipt = message["value"]["dif"]
                receipt.pop("seal")
                for told in receipt["streams"].values():
                    told.pop("checksum")
        return messages

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The records of one stream."""
        return self._records.get(stream, [])

    @cached_property
    def _records(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for message in self.messages:
            if message["type"] == "RECORD":
                found.setdefault(message["stream"], []).append(message["record"])
        return found


def run_tap(
    tap: type[Tap],
    config: Mapping[str, Any],
    *,
    state: Mapping[str, Any] | None = None,
    streams: set[str] | None = None,
) -> TapRun:
    """Run a tap's command line in this process; ``streams`` selects, all if None.

    Files go through a temporary folder, as with any Singer tap.
    """
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--config", _write(Path(folder, "config.json"), config)]
        if state is not None:
            arguments += ["--state", _write(Path(folder, "state.json"), state)]
        if streams is not None:
            arguments += ["--catalog", _write(Path(folder, "catalog.json"), _catalog(tap, config, streams))]
        output, errors = io.StringIO(), io.StringIO()
        with redirect_stdout(output), redirect_stderr(errors), process_as_before():
            code = command_ended(tap, arguments)
    return TapRun(code, output.getvalue(), errors.getvalue())


@contextmanager
def process_as_before() -> Iterator[None]:
    """Keep signals, log handlers and the hook of errors.

    A command line sets them up for the whole process; a test's process outlives it.
    """
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root = logging.getLogger()
    handlers, level, hook = list(root.handlers), root.level, sys.excepthook
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        sys.excepthook = hook
        if threading.current_thread() is threading.main_thread():
            for number, handler in signals.items():
                signal.signal(number, handler)


def command_ended(plugin: type[PluginBase], arguments: list[str]) -> int:
    """The exit code with which a plugin's command line ends in this process."""
    try:
        cast("Any", plugin).cli.main(arguments)
    except SystemExit as end:
        if end.code is None:
            return 0
        return end.code if isinstance(end.code, int) else 1
    raise AssertionError("the command line ended without an exit code")


def _write(path: Path, document: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def _catalog(tap: type[Tap], config: Mapping[str, Any], streams: set[str]) -> dict[str, Any]:
    catalog: dict[str, Any] = tap(config=dict(config), validate_config=False).catalog_dict
    for entry in catalog["streams"]:
        root = next(item["metadata"] for item in entry["metadata"] if item["breadcrumb"] == [])
        root["selected"] = entry["tap_stream_id"] in streams
    return catalog
