"""The one way a request leaves for a provider: credential, budget, send, classify, retry."""

from dif_kit.http._address import led_to
from dif_kit.http._answer import Answer
from dif_kit.http._auth import (
    AllOf,
    ApiKey,
    Authenticator,
    AuthKind,
    BasicAuth,
    BearerToken,
    EitherOf,
    KeyedProof,
    NoAuth,
    OnlyAt,
)
from dif_kit.http._bounds import Bounds
from dif_kit.http._client import HttpClient
from dif_kit.http._download import Download
from dif_kit.http._jwt import Jwt, JwtBearer
from dif_kit.http._kept import bind_credential
from dif_kit.http._oauth import OAuth2ClientCredentials, OAuth2Password, OAuth2Refresh, OAuth2ServiceAccount
from dif_kit.http._request import Request
from dif_kit.http._retry import Retry, RetryBudget
from dif_kit.http._signing import AwsSignature, Signature
from dif_kit.http._verdicts import Match, PartitionSkippedError, Verdict, Verdicts, WindowTooLargeError

__all__ = [
    "AllOf",
    "Answer",
    "ApiKey",
    "AuthKind",
    "Authenticator",
    "AwsSignature",
    "BasicAuth",
    "BearerToken",
    "Bounds",
    "Download",
    "EitherOf",
    "HttpClient",
    "Jwt",
    "JwtBearer",
    "KeyedProof",
    "Match",
    "NoAuth",
    "OAuth2ClientCredentials",
    "OAuth2Password",
    "OAuth2Refresh",
    "OAuth2ServiceAccount",
    "OnlyAt",
    "PartitionSkippedError",
    "Request",
    "Retry",
    "RetryBudget",
    "Signature",
    "Verdict",
    "Verdicts",
    "WindowTooLargeError",
    "bind_credential",
    "led_to",
]
