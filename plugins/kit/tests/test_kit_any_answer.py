"""Whatever stands in an answer ends as rows or as one clear line, never as a traceback."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.testing import ApiAnswer, run_tap
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from dif_kit.tap import Tap
    from dif_kit.testing import FakeApi

pytestmark = pytest.mark.slow

Config = dict[str, Any]

ROUTES = {
    "/accounts": {"items": [{"id": "1", "zone": "UTC"}, {"id": "2", "zone": "Asia/Tokyo"}], "bookmark": None},
    "/accounts/1/campaigns": {"items": [{"id": "11", "updated": 1000, "budget": 1.5}], "bookmark": "next"},
    "/accounts/1/analytics": [{"CAMPAIGN_ID": "11", "DATE": "2026-10-02", "SPEND": 2}],
    "/accounts/1/reports": {"status": "FINISHED", "url": "http://127.0.0.1:9/files/1", "token": "job1"},
    "/files/1": {"11": [{"CAMPAIGN_ID": "11", "DATE": "2026-10-02", "SPEND": 3}]},
}
HEADERS = ("Retry-After", "Location", "Content-Encoding", "Content-Range", "ETag", "Set-Cookie", "Content-Type")
ABSURD = (
    "1e999999999999", "-1e-999999999999", "9" * 5000, "1e400", "NaN", "-0", '"\\ud800"', '"\\u0000"', "[" * 5000,
    '"http://[::1"', '"http://a:99999999/"', '"//"', '"\\n"', "true",
    "null", "{}", "[[]]", '""', "1e18", "253402300800",
)  # fmt: skip


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document, as a path of keys and positions."""
    below = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path] + [found for key, value in below for found in places(value, (*path, key))]


def with_absurdity(document: Any, path: tuple[Any, ...], absurd: str) -> bytes:
    """The document as JSON, with a text that need not be JSON in one of its places."""
    mark = "a place for it"
    if not path:
        return absurd.encode()
    changed = copy.deepcopy(document)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = mark
    return json.dumps(changed).replace(json.dumps(mark), absurd).encode()


@st.composite
def answers(draw: st.DrawFn) -> tuple[str, bytes, dict[str, str], int]:
    """Where to answer otherwise, and what: a body of any bytes, or a good one with one thing wrong."""
    route = draw(st.sampled_from(sorted(ROUTES)))
    good = ROUTES[route]
    absurd = st.builds(with_absurdity, st.just(good), st.sampled_from(places(good)), st.sampled_from(ABSURD))
    body = draw(st.binary(max_size=40) | absurd)
    values = st.sampled_from(ABSURD) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), values, max_size=1))
    return route, body, headers, draw(st.sampled_from([200, 200, 200, 206, 302, 400, 401, 429, 500]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(answers())
@example(("/accounts/1/campaigns", b'{"items": [{"id": "11", "budget": 1e999999999999999999999}]}', {}, 200))
def test_any_answer_ends_as_rows_or_as_one_clear_line(
    tap: type[Tap], config: Config, api: FakeApi, answer: tuple[str, bytes, dict[str, str], int]
) -> None:
    route, body, headers, status = answer
    other = ApiAnswer(body, status=status, headers=headers)
    api.interrupt = lambda request: other if request.path == route else None
    run = run_tap(tap, config)
    assert run.exit_code in {0, 1, 3, 75}
    assert "Traceback" not in run.errors
    if run.exit_code:
        assert run.last_line.startswith("tap-shop: ")
    assert run.receipt.complete == (run.exit_code == 0)
