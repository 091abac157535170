"""The command ``ledger``."""

from dif_ledger.cli._main import main

__all__ = ["main"]
