"""Where the objects of a rehearsal go: they get their addresses, and are not written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Nowhere"]


class Nowhere:
    """A bucket that is never called."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def url(self, key: str) -> str:
        """The address that the object would have."""
        return f"s3://{self._bucket}/{key}"

    def check(self, key: str) -> None:
        """Nothing will be written."""

    def put(self, _key: str, _body: bytes, _content_type: str) -> str:
        """Nothing is written."""
        return ""

    def upload(self, _key: str, _content_type: str) -> _Upload:
        """Nothing is begun."""
        return _Upload()

    def read(self, _key: str) -> tuple[bytes, str] | None:
        """Nothing is there."""
        return None

    def replace(self, _key: str, _body: bytes, _content_type: str, _tag: str | None) -> bool:
        """Nobody comes between."""
        return True

    def require_unchanged(self, _tags: Mapping[str, str]) -> None:
        """There is nothing to change."""


class _Upload:
    def send(self, piece: bytes) -> None: ...

    def complete(self) -> str:
        return ""

    def abort(self) -> None: ...
