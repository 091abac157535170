"""A stand-in for Amazon Redshift: its wire protocol, SQL, COPY and refusals, in front of PostgreSQL."""

from __future__ import annotations

from dif_sandbox.redshift._config import Config, TemporaryUser
from dif_sandbox.redshift._serve import serve

__all__ = ["Config", "TemporaryUser", "serve"]
