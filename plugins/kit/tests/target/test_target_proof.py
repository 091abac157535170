"""I3, I4: whatever happens to a line between tap and target, nothing that it concerns is told as delivered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from dif_kit.delivery import UNSEALED, Checksums, Seals
from dif_kit.errors import DifError

RunMaker = Callable[..., Any]
PROPERTIES = {"id": {"type": "integer"}, "name": {"type": ["null", "string"]}}


def sent() -> list[bytes]:
    """What a tap of ours writes of two streams, with STATE at the beginning, between and at the end."""
    checksums, seals = Checksums(), Seals()
    counts: dict[str, int] = {}
    lines: list[bytes] = []

    def say(message: dict[str, Any]) -> None:
        lines.append(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        checksums.add(message["stream"], lines[-1])

    def tell(place: int, *, complete: bool) -> None:
        streams = {name: {"records": count, "checksum": checksums.of(name)} for name, count in counts.items()}
        receipt = {"run_id": "run-1", "streams": streams, "complete": complete, "seal": UNSEALED}
        text = json.dumps({"bookmarks": {"place": place}, "dif": receipt}, separators=(",", ":")).encode()
        lines.append(b'{"type":"STATE","value":%b}\n' % seals.seal(text))

    tell(0, complete=False)
    for stream in ("s", "t"):
        say({"type": "SCHEMA", "stream": stream, "schema": {"properties": PROPERTIES}, "key_properties": ["id"]})
    for number in range(1, 5):
        for stream in ("s", "t"):
            record = {"id": number, "name": "x" * number}
            say({"type": "RECORD", "stream": stream, "record": record})
            counts[stream] = number
        tell(number, complete=number == 4)
    return lines


LINES = sent()
# Also those that a bank of tests would not think of: in every line, a byte of its first word, its middle and its end.
BYTES = [(place, at) for place in range(len(LINES)) for at in (9, len(LINES[place]) // 2, -6)]


def is_caught(run: RunMaker, lines: list[bytes]) -> bool:
    """Whether the run fails, and tells no STATE of what it could not trust."""
    made = run()
    try:
        made.take(*(line.decode() for line in lines))
    except DifError:
        return all(told["dif"]["complete"] is False for told in made.states)
    return False


def test_what_arrives_as_it_was_sent_is_delivered_with_count_and_checksum(run: RunMaker) -> None:
    made = run().take(*(line.decode() for line in LINES))
    assert made.states[-1]["bookmarks"] == {"place": 4}
    receipt = made.states[-1]["dif"]["streams"]
    received = {manifest.stream: manifest.received for manifest in made.manifests}
    assert {name: (each.records, each.checksum) for name, each in received.items()} == {
        name: (each["records"], each["checksum"]) for name, each in receipt.items()
    }


@pytest.mark.parametrize("place", range(len(LINES)))
def test_a_line_that_is_lost_doubled_or_moved_is_noticed(run: RunMaker, place: int) -> None:
    before, line, after = LINES[:place], LINES[place], LINES[place + 1 :]
    assert is_caught(run, [*before, *after])
    assert is_caught(run, [*before, line, line, *after])
    moved = [*before, *after[:2], line, *after[2:]]
    # The first STATE claims nothing of any stream, so it may stand behind their SCHEMAs.
    assert place == 0 or moved == LINES or is_caught(run, moved)


@pytest.mark.parametrize(("place", "at"), BYTES)
def test_a_byte_that_is_altered_is_noticed(run: RunMaker, place: int, at: int) -> None:
    line = bytearray(LINES[place])
    line[at] ^= 1
    assert is_caught(run, [*LINES[:place], bytes(line), *LINES[place + 1 :]])


def test_the_stream_is_named(run: RunMaker) -> None:
    altered = [line.replace(b'"xxx"', b'"xyx"') if b'"t"' in line else line for line in LINES]
    with pytest.raises(DifError, match=r"3 records of stream 't' .* are not those the tap sent"):
        run(checkpoint_rows=1).take(*(line.decode() for line in altered))


def test_a_checkpoint_never_tells_a_bookmark_beyond_a_lost_line(run: RunMaker) -> None:
    """I1: the row before the second STATE is lost; the next run must begin before it, not where the last STATE says."""
    made = run(checkpoint_rows=1)
    with pytest.raises(DifError):
        made.take(*(line.decode() for line in LINES[:6] + LINES[7:]))
    assert [told["bookmarks"]["place"] for told in made.states] in ([], [0], [1])


def test_lines_of_a_declared_mapper_are_taken_as_they_come(run: RunMaker) -> None:
    mapped = [line.replace(b'"xxx"', b'"X"') for line in LINES]
    made = run(mapper_between=True).take(*(line.decode() for line in mapped))
    assert made.states[-1]["dif"]["complete"]
    assert "X" in {row["name"] for row in made.rows()}
