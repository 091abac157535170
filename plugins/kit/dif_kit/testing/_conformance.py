"""Promises that every tap keeps, as one test class."""

from __future__ import annotations


def conformance() -> None: ...
