"""The input: whole lines, bounded, and every line either a message, put aside, or the end of the run."""

from __future__ import annotations

import pytest
from dif_kit.errors import DeliveryError
from dif_kit.target._messages import BadLine, Message, messages
from dif_kit.target._reader import LineReader

RECORD = '{"type":"RECORD","stream":"s","record":{"id":1},"time_extracted":"2026-01-01T00:00:00Z"}'


class Blocks:
    """A source that gives these blocks."""

    def __init__(self, *blocks: bytes) -> None:
        self._blocks = list(blocks)

    def read(self) -> bytes:
        return self._blocks.pop(0) if self._blocks else b""


def taken(text: str | bytes) -> list[tuple[int, Message | BadLine]]:
    chunk = text if isinstance(text, bytes) else text.encode()
    found: list[tuple[int, Message | BadLine]] = []
    for lines, _, some in messages(chunk, 1):
        found += zip(lines, [some] if isinstance(some, BadLine) else some, strict=True)
    return found


def test_lines_are_whole_wherever_the_blocks_end() -> None:
    content = b"a\nbc\n\ndef\n"
    for first in range(len(content)):
        for second in range(first, len(content)):
            blocks = [block for block in (content[:first], content[first:second], content[second:]) if block]
            reader = LineReader(Blocks(*blocks), 100)
            assert b"".join(reader.chunks()) == content
            assert (reader.lines, reader.torn) == (4, b"")


def test_what_follows_the_last_newline_is_kept_apart() -> None:
    reader = LineReader(Blocks(b"a\nb"), 100)
    assert list(reader.chunks()) == [b"a\n"]
    assert reader.torn == b"b"


@pytest.mark.parametrize("blocks", [(b"ok\n" + b"x" * 11 + b"\n",), (b"ok\n", b"x" * 6, b"x" * 6)])
def test_a_line_beyond_the_limit_ends_the_run_with_its_number(blocks: tuple[bytes, ...]) -> None:
    reader = LineReader(Blocks(*blocks), 10)
    with pytest.raises(DeliveryError, match=r"line 2 .* longer than max_line_bytes"):
        list(reader.chunks())


def test_messages_of_one_stream_come_together_with_their_line_numbers() -> None:
    other = RECORD.replace('"s"', '"t"')
    grouped = list(messages(f"{RECORD}\n{RECORD}\n{other}\n".encode(), 7))
    assert [list(lines) for lines, *_ in grouped] == [[7, 8], [9]]
    assert [bytes(whole).count(b"\n") for _, whole, _ in grouped] == [2, 1]
    assert b"".join(bytes(whole) for _, whole, _ in grouped).decode() == f"{RECORD}\n{RECORD}\n{other}\n"


def test_empty_lines_count_but_are_no_messages() -> None:
    assert [line for line, _ in taken(f"\n{RECORD}\n \n{RECORD}\n")] == [2, 4]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (RECORD.replace("1}", "NaN}").encode(), "not exact JSON"),
        (RECORD.replace("1}", "-Infinity}").encode(), "not exact JSON"),
        (RECORD.replace("1}", r'"\ud800"}').encode(), "not exact JSON"),
        (RECORD.replace("1}", r'{"deep":"\udc00"}}').encode(), "not exact JSON"),
        (RECORD.replace("1}", '"é"}').encode("latin-1"), "not UTF-8"),
        (RECORD.replace('"record"', '"record":{"id":2},"record"').encode(), "same key twice"),
        (RECORD.replace(":", ": ").replace('"record"', '"stream": "t", "record"').encode(), "same key twice"),
    ],
)
def test_a_record_that_is_not_exact_is_put_aside_and_its_neighbours_are_not(line: bytes, words: str) -> None:
    found = taken(RECORD.encode() + b"\n" + line + b"\n" + RECORD.encode() + b"\n")
    assert isinstance(found[0][1], Message)
    assert isinstance(found[2][1], Message)
    bad = found[1][1]
    assert isinstance(bad, BadLine)
    assert bad.raw == line
    assert words in bad.reason


@pytest.mark.parametrize("layout", [RECORD, RECORD.replace(":", ": ").replace(",", ", "), RECORD.replace("}", " }")])
def test_the_layout_of_a_line_does_not_matter(layout: str) -> None:
    found = taken(f"{layout}\n{layout}\n")
    assert all(isinstance(message, Message) and message.stream == "s" for _, message in found)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        '{"type":"STATE","value":NaN}',
        "[1]",
        '{"stream":"s"}',
        '{"type":"RECORD","stream":5,"record":{}}',
        '{"type":"RECORD","record":{"id":1}}',
        '{"type":"RECORD","stream":"s"}',
    ],
)
def test_a_line_that_is_no_message_ends_the_run_with_its_number(line: str) -> None:
    with pytest.raises(DeliveryError, match="line 2 of the input"):
        taken(f"{RECORD}\n{line}\n")
