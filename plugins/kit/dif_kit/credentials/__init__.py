"""A reference in the config becomes a secret in memory, nowhere else."""

from dif_kit.credentials._credential import Credential
from dif_kit.credentials._redact import basic_credentials, excerpt, redact, register_secrets
from dif_kit.credentials._resolve import CredentialResolver, resolve

__all__ = [
    "Credential",
    "CredentialResolver",
    "basic_credentials",
    "excerpt",
    "redact",
    "register_secrets",
    "resolve",
]
