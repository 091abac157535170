"""I1-I6 over days: a small fleet's week with faults of every kind in turn; `make soak` does the whole of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dif_sandbox.services import Sandbox
from soak.fleet import Size
from soak.week import soak

pytestmark = pytest.mark.slow


def test_a_fleets_days_end_with_every_row_and_every_alarm_in_its_place(sandbox: Sandbox, tmp_path: Path) -> None:
    said: list[str] = []
    start = datetime.now(UTC).date() + timedelta(days=1)
    week = soak(sandbox, tmp_path, Size(clients=3, channels=4, days=2), (start, 7), said.append)
    assert week.violations == [], "\n".join(said)
    assert len(said) == 2
    for day in week.days:
        assert day.jobs >= 12
        assert sum(day.troubles.values()) >= 4
        assert day.raised >= day.expected > 0
    assert sum(sum(day.met.values()) for day in week.days) >= 4
