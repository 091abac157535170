"""The part of Amazon's Redshift APIs that hands out temporary users."""

from __future__ import annotations

from dif_sandbox.redshift.api._server import Api

__all__ = ["Api"]
