"""Redshift's functions, system tables and views as SQL for PostgreSQL."""

from __future__ import annotations
