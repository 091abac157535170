"""The id of a run: in every log line, S3 key, query group and receipt."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime

__all__ = ["new_run_id", "run_id_from_environment"]


def new_run_id() -> str:
    """A new id that sorts by time and is safe in an S3 key: ``20261123T095100Z-1f3a9c0d``."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def run_id_from_environment() -> str | None:
    """The id that the orchestrator gave to both ends of the pipe in ``DIF_RUN_ID``, if it gave one."""
    return os.environ.get("DIF_RUN_ID") or None
