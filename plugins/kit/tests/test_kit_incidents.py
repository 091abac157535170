"""What a run met with is one line of its log, that whoever supervises it can read."""

from __future__ import annotations

import pytest
from dif_kit.budget import starts_an_hour
from dif_kit.delivery import FailedRequest, Incidents


def test_the_last_line_counts_wherever_a_log_puts_it() -> None:
    met = Incidents(12.5, 4, FailedRequest("GET", "https://api.example.com/a?day=2026-01-01", 403))
    log = [Incidents(1.0).line(), f"2026-11-26 INFO | tap-shop | {met.line()}", "tap-shop: account b: no access"]
    assert Incidents.find(log) == met
    assert Incidents.find(["met with {trouble}", "tap-shop: all there"]) == Incidents()


@pytest.mark.parametrize(
    ("texts", "starts"),
    [
        (("20/s guard 0ms", "15000/day@America/Los_Angeles"), 625),
        (("3/h guard 0ms", "concurrent 4"), 3),
        (("points 1000 restore 50/s",), 180_000),
        (("concurrent 4",), None),
    ],
)
def test_the_strictest_rate_says_how_many_starts_an_hour_has(texts: tuple[str, ...], starts: float | None) -> None:
    assert starts_an_hour(texts) == starts
