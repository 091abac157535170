"""The command ``ledger``."""

from dif_ledger.cli import _backfill, _catch_up, _check, _gc, _init, _page, _rebuild, _run, _status, _verify
from dif_ledger.cli._main import main

_COMMANDS = (
    *(_backfill.backfill, _catch_up.catch_up, _check.check, _gc.gc, _init.init, _page.page, _rebuild.rebuild),
    *(_run.run, _status.status, _verify.verify),
)
for _command in _COMMANDS:
    main.add_command(_command)

__all__ = ["main"]
