"""A ledger of a test's own, in a database of its own: what other tests note is not seen there."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

__all__ = ["new_ledger"]


def new_ledger(url: str) -> str:
    """The URL of a database that did not exist, on the server of another."""
    name = f"ledger_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return urlsplit(url)._replace(path=f"/{name}").geturl()
