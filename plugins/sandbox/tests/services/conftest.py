"""What the tests of the sandbox's servers share."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from dif_sandbox.services import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make_sandbox(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Makes sandboxes below the test's folder; none of them outlives the test."""
    made: list[Sandbox] = []

    def make(*services: str, name: str = "sandbox", **options: object) -> Sandbox:
        sandbox = Sandbox(tmp_path / name, services=services, **{"durable": False, "max_hours": 0.1, **options})
        made.append(sandbox)
        return sandbox

    yield make
    for sandbox in made:
        sandbox.down()
        shutil.rmtree(sandbox.folder, ignore_errors=True)
