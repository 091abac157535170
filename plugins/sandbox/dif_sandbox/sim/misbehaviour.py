"""Answers that are wrong in the way of a fault: instead of a request's own answer, or made of it."""

from __future__ import annotations

import codecs
import json
import re
import sys
import time
from dataclasses import replace
from email.utils import formatdate
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.encodings import gzipped, zipped
from dif_sandbox.sim.server import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dif_sandbox.sim.faults import Fault

__all__ = ["BROKEN", "EARLY", "broken_answer", "early_answer", "told_in_header"]

EARLY: Final = ("throttle", "status", "html", "forbidden")
"""Faults that come before the provider looks at a request."""
BOMB_BYTES: Final = 1 << 30
BLANK: Final = b" " * (1 << 16)  # JSON and CSV take blanks: the reader does not give up at the first byte
PAGE: Final = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking.</body></html>"


def early_answer(
    fault: Fault, refuse: Callable[[int], Response], throttle: Callable[[str | None], Response]
) -> Response:
    """The answer of a fault that comes instead of the request's own.

    `refuse` gives the provider's error body, `throttle` its answer to too many requests, with the wait that it tells.
    """
    if fault.kind == "html":
        return Response(200, PAGE, {"content-type": "text/html; charset=utf-8"})
    if fault.kind == "throttle":
        return throttle(fault.retry_after).with_headers(fault.headers)
    return refuse(403 if fault.kind == "forbidden" else fault.status).with_headers(fault.headers)


def told_in_header(refused: Response, retry_after: str | None) -> Response:
    """A refusal with a Retry-After, if there is something to tell."""
    return refused if retry_after is None else refused.with_headers({"retry-after": _retry_after(retry_after)})


def broken_answer(fault: Fault, answer: Response) -> Response:
    """The request's own answer, or a bomb in its place, as the fault says."""
    return _BREAK[fault.kind](fault, answer)


def _retry_after(text: str) -> str:
    """The text itself; ``date+30`` is the HTTP date 30 seconds from now, ``epoch+30`` the same since 1970."""
    found = re.fullmatch(r"(date|epoch)\+([0-9]+)", text)
    if not found:
        return text
    moment = time.time() + int(found[2])
    return formatdate(moment, usegmt=True) if found[1] == "date" else str(int(moment))


def _through(answer: Response, change: Callable[[Iterable[bytes]], Iterable[bytes]]) -> Response:
    if answer.stream is not None:
        return replace(answer, stream=change(answer.stream))
    return replace(answer, body=b"".join(change((answer.body,))))


def _torn(fault: Fault, answer: Response) -> Response:
    if answer.stream is not None:  # the stream's length is not known: it ends short, and without its last chunk
        return replace(answer, stream=_shortened(answer.stream, fault.size), sent_bytes=sys.maxsize)
    return replace(answer, sent_bytes=len(answer.body) // 2 if fault.size is None else fault.size)


def _truncated(fault: Fault, answer: Response) -> Response:
    return _through(answer, lambda pieces: _shortened(pieces, fault.size))


def _shortened(pieces: Iterable[bytes], size: int | None) -> Iterator[bytes]:
    """All but the second half of the last piece, or `size` bytes."""
    if size is not None:
        for piece in pieces:
            yield piece[:size]
            size -= len(piece[:size])
            if not size:
                return
        return
    held = b""
    for piece in pieces:
        yield held
        held = piece
    yield held[: len(held) // 2]


def _dripping(fault: Fault, answer: Response) -> Response:
    size = fault.size or 1

    def drops() -> Iterator[bytes]:
        for piece in (answer.body,) if answer.stream is None else answer.stream:
            for at in range(0, len(piece), size):
                time.sleep(fault.seconds)
                yield piece[at : at + size]

    length = {"content-length": str(len(answer.body))} if answer.stream is None else {}
    return replace(answer.with_headers(length), stream=drops())


def _wrongly_typed(fault: Fault, answer: Response) -> Response:
    return answer.with_headers({"content-type": "text/plain", **fault.headers})


def _marked(_fault: Fault, answer: Response) -> Response:
    return _through(answer, lambda pieces: chain([codecs.BOM_UTF8], pieces))


def _recoded(fault: Fault, answer: Response) -> Response:
    def recode(pieces: Iterable[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        encoder = codecs.getincrementalencoder(fault.charset)("replace")
        for piece in pieces:
            yield encoder.encode(decoder.decode(piece))
        yield encoder.encode(decoder.decode(b"", final=True), final=True)

    return _through(answer, recode)


def _with_other_columns(fault: Fault, answer: Response) -> Response:
    """The answer, if it is JSON, after a change of the provider's schema."""

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, **fault.columns} if fault.where in row else row

    whole = answer.body if answer.stream is None else b"".join(answer.stream)
    try:
        told = json.loads(whole, object_hook=changed)
    except ValueError:
        return replace(answer, body=whole, stream=None)
    return replace(answer, body=json.dumps(told, ensure_ascii=False).encode(), stream=None)


def _gzip_bomb(fault: Fault, _answer: Response) -> Response:
    return _bomb(fault, "application/gzip", gzipped(_blanks(fault)))


def _zip_bomb(fault: Fault, _answer: Response) -> Response:
    return _bomb(fault, "application/zip", zipped([("report.csv", _blanks(fault))]))


def _xml_bomb(fault: Fault, _answer: Response) -> Response:
    """Ten levels of entities, each ten times the one before: 3 bytes at the bottom, 3 GB at the top."""
    levels = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{levels}]><r><row>&l9;</row></r>'
    return _bomb(fault, "application/xml; charset=utf-8", [text.encode()])


def _bomb(fault: Fault, content_type: str, stream: Iterable[bytes]) -> Response:
    return Response(200, headers={"content-type": content_type, **fault.headers}, stream=stream)


def _blanks(fault: Fault) -> Iterator[bytes]:
    size = BOMB_BYTES if fault.size is None else fault.size
    yield from repeat(BLANK, size // len(BLANK))
    yield BLANK[: size % len(BLANK)]


_BREAK: Final[dict[str, Callable[[Fault, Response], Response]]] = {
    "bom": _marked,
    "columns": _with_other_columns,
    "drip": _dripping,
    "gzip_bomb": _gzip_bomb,
    "torn": _torn,
    "truncated": _truncated,
    "wrong_charset": _recoded,
    "wrong_type": _wrongly_typed,
    "xml_bomb": _xml_bomb,
    "zip_bomb": _zip_bomb,
}

BROKEN: Final = tuple(_BREAK)
"""Faults of an answer that the provider was ready to give."""
