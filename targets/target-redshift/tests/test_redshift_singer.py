"""An ordinary Singer target: the SDK's own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.testing import singer_tests
from target_redshift import TargetRedshift

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: dict[str, Any] = {}


@pytest.fixture(scope="module")
def warehouse(world: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    credential: Path = tmp_path_factory.mktemp("sdk") / "redshift"
    credential.touch(mode=0o600)
    credential.write_text(world.login)
    CONFIG.update(world.config("sdk", credential))


@pytest.mark.usefixtures("warehouse")
class TestSinger(singer_tests(TargetRedshift, CONFIG)):  # type: ignore[misc]
    """The SDK's tests of targets."""
