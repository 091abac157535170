"""I1 to I6 with every kind of fault once, for the warehouse; `make faults` does the same many times over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dif_sandbox.services import Sandbox
from faults.lean import lean_faults, lean_series
from faults.series import Series

pytestmark = pytest.mark.slow
TARGET = "target-redshift"


@pytest.fixture(scope="module")
def series(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Series]:
    with lean_series(sandbox, TARGET, tmp_path_factory.mktemp("faults")) as series:
        yield series


@pytest.mark.parametrize("fault", lean_faults(TARGET))
def test_state_rows_counts_and_exit_codes_are_true_after(series: Series, fault: str) -> None:
    """I1 to I6."""
    outcome = series.attempt(fault)
    assert not outcome.violations, outcome.how


def test_after_all_faults_every_row_is_there_once(series: Series) -> None:
    """I2, I3."""
    assert not series.finish().violations
