"""The command `vault`: put, look at, renew and prove credentials."""

from dif_vault.cli import _keys, _moving, _providers, _secrets
from dif_vault.cli._main import main

for _room in (_secrets, _keys, _moving, _providers):
    for _command in _room.COMMANDS:
        main.add_command(_command)

__all__ = ["main"]
