"""I1-I6 over days: a small fleet's week with faults of every kind in turn; `make soak` does the whole of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dif_sandbox.services import Sandbox
from soak.fleet import Size
from soak.week import soak

pytestmark = pytest.mark.slow

SEED = 58
"""Draws kills, a frozen run, a token that is revoked, a provider that is down, and both changes of schema."""


def test_a_fleets_days_end_with_every_row_and_every_alarm_in_its_place(sandbox: Sandbox, tmp_path: Path) -> None:
    said: list[str] = []
    start = datetime.now(UTC).date() + timedelta(days=1)
    week = soak(sandbox, tmp_path, Size(clients=3, channels=4, days=2), (start, SEED), said.append)
    assert week.violations == [], "\n".join(said)
    assert len(said) == 2
    assert sum(day.jobs for day in week.days) >= 2 * 3 * 4
    assert all(day.raised >= day.expected for day in week.days)
    assert sum(day.expected for day in week.days) > 0
    met = sum((day.met for day in week.days), Counter())
    assert met.keys() >= {"frozen", "kill -9 ledger", "kill -9 target", "provider down", "token revoked"}
