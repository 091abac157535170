"""PostgreSQL's wire protocol on both sides, Redshift in between."""

from __future__ import annotations

from dif_sandbox.redshift.wire._accounts import Accounts
from dif_sandbox.redshift.wire._backend import Backend
from dif_sandbox.redshift.wire._server import Server

__all__ = ["Accounts", "Backend", "Server"]
