"""A reference in the config becomes a secret in memory, nowhere else."""

from dif_kit.credentials._credential import Credential, CredentialKeeper
from dif_kit.credentials._redact import basic_credentials, excerpt, redact, register_secrets
from dif_kit.credentials._resolve import CredentialResolver, resolve
from dif_kit.credentials._tokens import SharedToken, TokenStore, seal, unseal

__all__ = [
    "Credential",
    "CredentialKeeper",
    "CredentialResolver",
    "SharedToken",
    "TokenStore",
    "basic_credentials",
    "excerpt",
    "redact",
    "register_secrets",
    "resolve",
    "seal",
    "unseal",
]
