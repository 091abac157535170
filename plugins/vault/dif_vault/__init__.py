"""Credentials of many clients, encrypted in a database, opened by whoever may use the key."""

from dif_vault._audit import AuditReport
from dif_vault._names import SecretName
from dif_vault._records import Opened, Record, Status
from dif_vault._settings import open_vault
from dif_vault._vault import Vault

__all__ = ["AuditReport", "Opened", "Record", "SecretName", "Status", "Vault", "open_vault"]
