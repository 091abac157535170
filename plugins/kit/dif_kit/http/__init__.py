"""The one way a request leaves for a provider: credential, budget, send, classify, retry."""

from dif_kit.http._auth import Authenticator, AuthKind, BearerToken, NoAuth, OAuth2Refresh
from dif_kit.http._client import HttpClient
from dif_kit.http._messages import Answer, Request
from dif_kit.http._redact import excerpt, redact, register_secrets
from dif_kit.http._retry import Retry, RetryBudget
from dif_kit.http._verdicts import Match, PartitionSkippedError, Verdict, Verdicts, WindowTooLargeError

__all__ = [
    "Answer",
    "AuthKind",
    "Authenticator",
    "BearerToken",
    "HttpClient",
    "Match",
    "NoAuth",
    "OAuth2Refresh",
    "PartitionSkippedError",
    "Request",
    "Retry",
    "RetryBudget",
    "Verdict",
    "Verdicts",
    "WindowTooLargeError",
    "excerpt",
    "redact",
    "register_secrets",
]
