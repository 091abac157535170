"""What taps, targets and ``ledger`` import and read when they come to need it: a server does it before it forks."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Final

__all__ = ["prepare"]

LATER: Final = ("redshift_connector", "smart_open.s3", "target_redshift._destination", "dif_kit.budget._shared")


def prepare() -> None:
    """Import it, and read what is installed, and what every client of AWS reads first."""
    import botocore.session
    from dif_kit._extensions import extensions

    extensions("dif_kit.warehouses")
    for module in LATER:
        import_module(module)
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    for service in ("s3", "sts", "redshift"):
        botocore.session.get_session().create_client(service, region_name="eu-central-1")
