"""A tap's talk with its provider, written down for tests."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import simplejson  # type: ignore[import-untyped]  # what keeps every digit

from dif_kit.contribute._scrub import Scrubber
from dif_kit.errors import ConfigError
from dif_kit.http import HttpClient
from dif_kit.testing import run_tap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dif_kit.http import Answer, Request
    from dif_kit.tap import Tap

__all__ = ["Recorder", "record", "tap_named"]

_NO_TOKENS: Final = re.compile(r"oauth|token", re.IGNORECASE)
_ROWS: Final = 3


@dataclass
class Recorder:
    """Keeps the first answers of every path, scrubbed before they are kept."""

    most: int
    scrubber: Scrubber = field(default_factory=Scrubber)
    kept: list[dict[str, Any]] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def hear(self, request: Request, answer: Answer) -> None:
        """Keep an answer that is JSON, unless it gives out tokens."""
        parts = urlsplit(request.address())
        shape = f"{request.method} {re.sub(r'[0-9]+', '0', parts.path)}"
        if _NO_TOKENS.search(parts.path):
            return
        try:
            body = simplejson.loads(answer.content, use_decimal=True)
        except ValueError:
            return
        with self._lock:
            self._seen[shape] += 1
            if self._seen[shape] > self.most:
                return
            asked = {
                name: [self.scrubber.words(value, name) for value in values]
                for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            self.kept.append({
                "request": {"method": request.method, "path": self.scrubber.path(parts.path), "query": asked},
                "answer": {
                    "status": answer.status,
                    "headers": self.scrubber.headers(answer.headers),
                    "body": self.scrubber.body(_shortened(body)),
                },
            })  # fmt: skip

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear every answer in memory that this process gets in the block."""
        send = HttpClient.send

        def heard(client: HttpClient, request: Request) -> Answer:
            answer = send(client, request)
            self.hear(request, answer)
            return answer

        with patch.object(HttpClient, "send", heard):
            yield


def _shortened(body: Any) -> Any:  # noqa: ANN401 - any JSON
    """The body with at most three objects in every array: enough to test with, and less to look through."""
    if isinstance(body, dict):
        return {name: _shortened(part) for name, part in body.items()}
    if isinstance(body, list):
        few = body[:_ROWS] if any(isinstance(part, dict) for part in body) else body
        return [_shortened(part) for part in few]
    return body


def tap_named(name: str) -> type[Tap]:
    """The class of an installed tap.

    Raises:
        ConfigError: none is called so.
    """
    for point in entry_points(group="console_scripts", name=name):
        module, _, attribute = point.value.partition(":")
        tap: type[Tap] = getattr(import_module(module), attribute.partition(".")[0])
        return tap
    raise ConfigError(f"no tap is called {name!r} here; make install, then tap=tap-pinterest for example")


def record(
    tap: type[Tap], config: Mapping[str, Any], folder: Path, *, streams: set[str] | None, most: int
) -> list[Path]:
    """Run the tap once, and write what its provider answered below ``folder``; gives the files.

    Raises:
        ConfigError: nothing was answered, with the tap's last words.
    """
    recorder = Recorder(most)
    with recorder.listening():
        run = run_tap(tap, config, streams=streams)
    if not recorder.kept:
        raise ConfigError(f"nothing was recorded; the tap said: {run.last_line}")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, kept in enumerate(recorder.kept, start=1):
        words = re.sub(r"[^a-z]+", "-", kept["request"]["path"].lower()).strip("-")[-50:] or "root"
        file = folder / f"{number:03}-{kept['request']['method'].lower()}-{words}.json"
        file.write_text(simplejson.dumps(kept, indent=2, ensure_ascii=False, use_decimal=True) + "\n", encoding="utf-8")
        written.append(file)
    return written
