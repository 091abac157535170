"""How far a tap or target may be relied on: a fact that each states, and that READMEs and the catalogue show."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

__all__ = ["Support"]


class Support(StrEnum):
    """A level of support; docs/support.md says what each asks of a plugin, and what its users may ask of us."""

    ALPHA = "alpha"
    BETA = "beta"
    CERTIFIED = "certified"
    DEPRECATED = "deprecated"

    @property
    def sentence(self) -> str:
        """What it means, in one sentence for a README."""
        return _SENTENCES[self]

    def warning(self, name: str) -> str | None:
        """What a run of the plugin ``name`` warns of; None if there is nothing to warn of."""
        if self is not Support.DEPRECATED:
            return None
        return f"{name} is deprecated: docs/support.md says when it will be removed, and what to use instead"


_SENTENCES: Final = {
    Support.ALPHA: "It keeps the contract in its own tests, and was tried nowhere else: streams and keys may change "
    "in any version.",
    Support.BETA: "It was tested whole, against a simulator or a stand-in of what it talks to; no live account or "
    "warehouse has proved it yet.",
    Support.CERTIFIED: "It was proved with what it talks to in earnest, and each version is proved anew.",
    Support.DEPRECATED: "It will be removed: the changelog says when, and what to use in its place.",
}
