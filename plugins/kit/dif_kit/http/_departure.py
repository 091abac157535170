"""The moment at which a request has left: written to its connection, before its answer is waited for."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from urllib3.response import HTTPResponse

__all__ = ["TellingAdapter", "departing"]

_told: ContextVar[Callable[[], None] | None] = ContextVar("departure", default=None)


@contextmanager
def departing(told: Callable[[], None] | None) -> Iterator[None]:
    """Call ``told`` when a request of this thread has left; one that is redirected leaves more than once."""
    before = _told.set(told)
    try:
        yield
    finally:
        _told.reset(before)


def _tell() -> None:
    told = _told.get()
    if told is not None:
        told()


class _Connection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        _tell()
        return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        _tell()
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class TellingAdapter(HTTPAdapter):
    """Sends as requests does, and tells when."""

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:  # noqa: ANN401 - as requests has it
        """See `HTTPAdapter.init_poolmanager`."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:  # noqa: ANN401 - as requests has it
        """See `HTTPAdapter.proxy_manager_for`."""
        manager = super().proxy_manager_for(proxy, **settings)
        manager.pool_classes_by_scheme = _POOLS
        return manager
