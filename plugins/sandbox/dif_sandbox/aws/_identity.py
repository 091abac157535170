"""Who may call AWS."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

__all__ = ["Identity"]


@dataclass(frozen=True, slots=True)
class Identity:
    """An IAM user or a role: its name, the secret of its access key, and the actions it may call (``kms:Decrypt``).

    ``actions`` are patterns as in a policy: ``kms:*``, ``*``.
    """

    name: str
    secret_key: str = field(repr=False)
    actions: tuple[str, ...] = ("*",)

    def may(self, action: str) -> bool:
        """Whether an action is allowed."""
        return any(fnmatchcase(action, pattern) for pattern in self.actions)
