"""What can go wrong with the sandbox, told in one line."""

from __future__ import annotations

__all__ = ["SandboxError"]


class SandboxError(Exception):
    """The sandbox cannot do what was asked; the message says what, where, and what to do. Never a secret."""
