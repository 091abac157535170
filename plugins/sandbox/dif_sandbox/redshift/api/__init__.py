"""The part of Amazon's Redshift APIs that hands out temporary users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_sandbox.aws import Endpoint
from dif_sandbox.redshift.api._actions import Actions
from dif_sandbox.redshift.api._services import Redshift, RedshiftServerless

if TYPE_CHECKING:
    from dif_sandbox.aws import Service
    from dif_sandbox.redshift._config import Config
    from dif_sandbox.redshift._store import Store
    from dif_sandbox.redshift.wire import Accounts

__all__ = ["api"]


def api(config: Config, store: Store, accounts: Accounts, port: int) -> Endpoint:
    """Both APIs behind one endpoint; ``port`` is the warehouse's."""
    actions = Actions(config, store, accounts, port)
    services: dict[str, Service] = {"redshift": Redshift(actions), "redshift-serverless": RedshiftServerless(actions)}
    return Endpoint(config.identities, services)
