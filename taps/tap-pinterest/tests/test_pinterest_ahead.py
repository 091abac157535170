"""Reading ahead changes nothing that leaves the tap."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Pinterest
    from dif_kit.testing import TapRun


def said(run: TapRun) -> list[str]:
    """Every message, but for the times in it."""
    return list(map(json.dumps, run.timeless))


def both(pinterest: Pinterest, states: tuple[Any, Any] = (None, None)) -> list[TapRun]:
    return [
        pinterest.run(state=state, concurrency=concurrency) for concurrency, state in zip((1, 8), states, strict=True)
    ]


def test_every_stream_says_the_same_with_any_concurrency(pinterest: Pinterest, monkeypatch: Any) -> None:
    monkeypatch.setenv("DIF_RUN_ID", "run-1")
    alone, together = both(pinterest)
    assert together.exit_code == 0, together.last_line
    assert said(together) == said(alone)
    pinterest.set_clock(1)
    later, later_together = both(pinterest, (alone.state, together.state))
    assert said(later_together) == said(later)


def test_an_account_that_fails_is_told_the_same_way(pinterest: Pinterest, monkeypatch: Any) -> None:
    monkeypatch.setenv("DIF_RUN_ID", "run-1")
    account = pinterest.account_ids()[0]
    pinterest.misbehave({"match": f"/ad_accounts/{account}/campaigns$", "kind": "forbidden", "times": None})
    alone, together = both(pinterest)
    assert together.exit_code == alone.exit_code
    assert said(together) == said(alone)
