"""The command ``ledger``."""

from dif_ledger.cli import _check, _gc, _init, _page, _status, _verify
from dif_ledger.cli._main import main

for _command in (_check.check, _gc.gc, _init.init, _page.page, _status.status, _verify.verify):
    main.add_command(_command)

__all__ = ["main"]
