"""What every part of the tests shares: which files begin, and what a process reads once instead of for each test."""

from __future__ import annotations

import functools

import botocore.session
import pytest


def pytest_configure() -> None:
    """Let clients of AWS share botocore's descriptions of its services: a session of its own reads them anew, 0.2 s."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a slow test come first: one that came last would keep a single worker while the other has nothing."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
