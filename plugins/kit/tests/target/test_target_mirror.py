"""Who only looks on hears of what is committed, and cannot hold up or end what he looks at."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.target import _target

if TYPE_CHECKING:
    from dif_kit.delivery import Delivered

SCHEMA = (
    '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"note":{"type":"string"}}},'
    '"key_properties":["id"]}\n'
)
# Long enough that each is read, and delivered, before the next.
RECORD = '{"type":"RECORD","stream":"s","record":{"id":1,"note":"' + "x" * 1_200_000 + '"}}\n'
STATE = '{"type":"STATE","value":{"n":1}}\n'


@dataclass
class Onlooker:
    """A mirror that remembers, or fails."""

    heard: list[Delivered] = field(default_factory=list)
    calls: int = 0
    closed: int = 0
    failure: Exception | None = None

    def note(self, delivered: Sequence[Delivered]) -> None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        self.heard += delivered

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def onlooker(monkeypatch: pytest.MonkeyPatch) -> Onlooker:
    made = Onlooker()
    monkeypatch.setattr(_target, "open_mirror", lambda: made)
    return made


def test_each_unit_is_heard_of_once_it_is_delivered(run: Callable[..., Any], onlooker: Onlooker) -> None:
    made = run(checkpoint_rows=1).take(SCHEMA, RECORD, STATE, RECORD, STATE)
    assert [each.manifest for each in onlooker.heard] == [each.url for each in made.manifests]
    (first, _second) = onlooker.heard
    assert (first.destination, first.stream, first.rows, first.loaded) == ("target-probe", "s", 1, 1)
    assert onlooker.closed == 1


@pytest.mark.parametrize("failure", [OSError("no route"), ValueError("a bug of its own"), None])
def test_a_failure_of_the_mirror_is_said_once_and_ends_nothing(
    run: Callable[..., Any], onlooker: Onlooker, caplog: pytest.LogCaptureFixture, failure: Exception | None
) -> None:
    onlooker.failure = failure
    ready = run(checkpoint_rows=1)
    ready.destination.unasked = failure is None  # then it is the destination that does not say
    with caplog.at_level(logging.WARNING):
        made = ready.take(SCHEMA, RECORD, STATE, RECORD, STATE)
    assert [state["n"] for state in made.states][-1] == 1
    assert len(made.manifests) == 2
    assert caplog.text.count("makes up for it") == 1
    assert onlooker.calls == (0 if failure is None else 1)
    assert onlooker.closed == 1
