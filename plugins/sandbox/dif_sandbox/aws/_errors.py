"""The error a client of AWS sees."""

from __future__ import annotations

__all__ = ["AwsError"]


class AwsError(Exception):
    """A request that is refused, with the code and the HTTP status of the service's API reference."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
