"""Path templates such as ``/boards/{board_id}/pins`` to what answers them."""

from __future__ import annotations

import re
from typing import Generic, TypeVar

__all__ = ["Router"]

T = TypeVar("T")


class Router(Generic[T]):
    """Finds the target of a method and path; a ``{name}`` stands for one path segment."""

    def __init__(self) -> None:
        self._routes: list[tuple[re.Pattern[str], dict[str, T]]] = []

    def add(self, method: str, template: str, target: T) -> None:
        """Let `target` answer `method` on paths of the template."""
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
        for known, methods in self._routes:
            if known.pattern == pattern.pattern:
                methods[method] = target
                return
        self._routes.append((pattern, {method: target}))

    def find(self, method: str, path: str) -> tuple[T, dict[str, str]]:
        """The target and the path's parameters.

        Templates without a parameter win over those with one, whatever the order in which they were added.

        Raises:
            KeyError: no template fits; ``"method"`` as its argument if the path exists under another method.
        """
        found = [(match, methods) for pattern, methods in self._routes if (match := pattern.fullmatch(path))]
        if not found:
            raise KeyError(path)
        match, methods = min(found, key=lambda item: len(item[0].groupdict()))
        if method not in methods:
            message = "method"
            raise KeyError(message)
        return methods[method], match.groupdict()
