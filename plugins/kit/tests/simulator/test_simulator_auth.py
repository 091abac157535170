"""Each kind of proof against a provider that checks it: the right one is let in, a wrong one is refused in one line."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dif_kit.http import (
    ApiKey,
    AuthKind,
    AwsSignature,
    BasicAuth,
    BearerToken,
    Jwt,
    JwtBearer,
    OAuth2ClientCredentials,
    OAuth2Password,
    OAuth2Refresh,
    OAuth2ServiceAccount,
    Signature,
)
from dif_kit.paging import Cursor
from dif_kit.tap import Stream

if TYPE_CHECKING:
    from conftest import Mosaic

TOKEN_URL = "{api_url}/oauth/token"
ES256 = Jwt(algorithm="ES256", key="ec_private_key")
HMAC = Signature(
    canonical="{method}\n{path}\n{sorted_query}\n{timestamp}\n{body_hash}",
    headers={"X-Client": "{user}", "X-Timestamp": "{timestamp}", "X-Signature": "{signature}"},
)
# The value that proves it, to be spoiled.
KINDS: dict[str, tuple[AuthKind, str]] = {
    "bearer": (BearerToken(value="api_key"), "api_key"),
    "key in a header": (ApiKey(), "api_key"),
    "key in the query": (ApiKey(query="api_key"), "api_key"),
    "basic": (BasicAuth(), "password"),
    "refresh token": (OAuth2Refresh(TOKEN_URL), "refresh_token"),
    "refresh token, app in the form": (OAuth2Refresh(TOKEN_URL, client_auth="form"), "client_secret"),
    "client credentials": (OAuth2ClientCredentials(TOKEN_URL), "client_secret"),
    "password": (OAuth2Password(TOKEN_URL), "password"),
    "service account RS256": (OAuth2ServiceAccount(TOKEN_URL), "client_email"),
    "service account ES256": (OAuth2ServiceAccount(TOKEN_URL, jwt=ES256), "client_email"),
    "own token": (JwtBearer(Jwt(audience="mosaic")), "client_email"),
    "AWS": (AwsSignature("execute-api", "eu-central-1"), "secret_access_key"),
    "HMAC": (HMAC, "secret_key"),
}
OF_TOKENS = [kind for kind, (auth, _) in KINDS.items() if type(auth).__name__.startswith("OAuth2")]


class Ads(Stream):
    name = "ads"
    path = "/v1/accounts/{account_id}/token"
    method = "POST"
    body = {"filter": {"state": "é & /"}}
    params = {"view": "a b/c", "also": "~*'"}
    records = "ads"
    paging = Cursor("nextToken", "nextToken", ("maxResults", 50), place="body")
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": {"type": ["string", "null"]}}}


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_proof_is_let_in(mosaic: Mosaic, kind: str) -> None:
    run = mosaic.run(Ads, auth=KINDS[kind][0])
    assert run.exit_code == 0, run.errors
    assert sorted(row["id"] for row in run.records("ads")) == sorted(row["id"] for row in mosaic.truth("ads"))
    assert len(mosaic.asked("POST", "/oauth/token")) == (1 if kind in OF_TOKENS else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_proof_is_refused_in_one_line_that_does_not_tell_it(mosaic: Mosaic, kind: str) -> None:
    auth, value = KINDS[kind]
    mosaic.credential = {**mosaic.credential, value: "wrong-secret-value"}
    run = mosaic.run(Ads, auth=auth)
    assert run.exit_code == 1, run.errors
    assert "Traceback" not in run.errors
    assert "wrong-secret-value" not in run.errors
    assert not run.records("ads")


@pytest.mark.parametrize("kind", OF_TOKENS)
def test_a_token_that_dies_on_the_way_is_renewed_once(mosaic: Mosaic, kind: str) -> None:
    mosaic.breaks(match="/token$", kind="revoked_token", times=1)
    run = mosaic.run(Ads, auth=KINDS[kind][0])
    assert run.exit_code == 0, run.errors
    assert sorted(row["id"] for row in run.records("ads")) == sorted(row["id"] for row in mosaic.truth("ads"))
    assert len(mosaic.asked("POST", "/oauth/token")) == 2
