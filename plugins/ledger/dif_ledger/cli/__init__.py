"""The command ``ledger``."""

from dif_ledger.cli import _verify
from dif_ledger.cli._main import main

main.add_command(_verify.verify)

__all__ = ["main"]
