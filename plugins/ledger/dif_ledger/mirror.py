"""The ledger's mirror of deliveries as targets fill it themselves: the entry point of ``dif_kit.mirrors``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from dif_kit.errors import ConfigError, DeliveryError
from psycopg.rows import dict_row

from dif_ledger._facts import require_address
from dif_ledger._store import put_deliveries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Delivered

__all__ = ["LedgerMirror", "open_mirror"]

# A load does not wait for the ledger longer than this.
_CONNECT_SECONDS: Final = 5
_OPTIONS: Final = "-c statement_timeout=10s -c lock_timeout=5s"


def open_mirror(url: str) -> LedgerMirror:
    """The mirror in the platform database."""
    return LedgerMirror(url)


class LedgerMirror:
    """``ledger.deliveries``; connected when there is something to note."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None

    def note(self, delivered: Sequence[Delivered]) -> None:
        """Note units; raises DeliveryError if the platform database does not take them."""
        try:
            if self._connection is None:
                require_address(self._url)
                self._connection = psycopg.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=_CONNECT_SECONDS,
                    options=_OPTIONS,
                    row_factory=dict_row,
                    application_name="dif mirror",
                )
            put_deliveries(self._connection, delivered)
        except ConfigError as error:
            raise DeliveryError(str(error)) from None
        except psycopg.Error as error:
            raise DeliveryError(f"the platform database: {str(error).partition(chr(10))[0]}") from None

    def close(self) -> None:
        """End the session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
