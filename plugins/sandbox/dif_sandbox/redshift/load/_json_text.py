"""JSON text: checked as SUPER checks it, and written without changing a digit.

Source: developer guide, r_SUPER_type and limitations-super (16 MB, strings of 65,535 bytes, depth 1,000).
"""

from __future__ import annotations

import json
import re
from typing import NoReturn, TypeAlias, Union

from dif_sandbox.redshift.load._errors import BAD_SUPER, RowError

__all__ = ["EXACT", "MAX_DEPTH", "Json", "Number", "check_json", "is_plain_json", "render"]

MAX_SUPER_BYTES = 16 << 20
MAX_STRING_BYTES = 65535
MAX_DEPTH = 1000
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Number(str):
    """A JSON number in its own spelling."""

    __slots__ = ()


Json: TypeAlias = Union[bool, str, Number, "list[Json]", "dict[str, Json]", None]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


EXACT = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_constant)
_DECODER = json.JSONDecoder(parse_constant=_no_constant)
_CHECK = _DECODER.decode


def check_json(text: str) -> None:
    """Hold a text against the limits of SUPER.

    Raises:
        RowError: It is not JSON, or too large, too deep, or holds what PostgreSQL cannot store.
    """
    if len(text) > MAX_SUPER_BYTES // 4 and len(text.encode("utf8", "surrogateescape")) > MAX_SUPER_BYTES:
        raise RowError(BAD_SUPER, "The size of the SUPER value exceeds 16 MB")
    try:
        value = _CHECK(text)
    except (ValueError, RecursionError) as error:
        raise RowError(BAD_SUPER, "Invalid JSON for a SUPER column") from error
    if "\\u0000" in text:
        raise RowError(BAD_SUPER, "Invalid null byte in a SUPER value")
    if not text.isascii() and LONE_SURROGATE.search(text):
        raise RowError(BAD_SUPER, "String contains invalid or unsupported UTF8 codepoints")
    if ESCAPED_SURROGATE.search(text) and LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise RowError(BAD_SUPER, "Invalid surrogate in a SUPER value")
    if len(text) > MAX_STRING_BYTES or text.count("[") + text.count("{") > MAX_DEPTH:
        _check_limits(value, 0)


def is_plain_json(text: str) -> bool:
    """Whether a text is a JSON value and nothing around it; the limits of SUPER are not looked at."""
    try:
        return _DECODER.raw_decode(text)[1] == len(text)
    except (ValueError, RecursionError):
        return False


def render(value: Json) -> str:
    """A value of `EXACT` as JSON text."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {render(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(render, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _check_limits(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise RowError(BAD_SUPER, f"A SUPER value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        if len(value) > MAX_STRING_BYTES or len(value.encode()) > MAX_STRING_BYTES:
            raise RowError(BAD_SUPER, f"A string in a SUPER value exceeds {MAX_STRING_BYTES} bytes")
    elif isinstance(value, dict):
        for item in value.values():
            _check_limits(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_limits(item, depth + 1)
