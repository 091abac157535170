"""A credential that somebody keeps: read again after a refusal, written back when it is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from dif_kit.budget import connect
from dif_kit.credentials import Credential, SharedToken
from dif_kit.errors import RefusedCredentialError
from dif_kit.http import AuthKind, BearerToken, HttpClient, OAuth2Refresh, Request, Retry, bind_credential
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi


class Keeper:
    """Keeps one credential in memory; a person may replace it."""

    def __init__(self, **values: str) -> None:
        self.values = dict(values)
        self.given = dict(values)
        self.kept: list[dict[str, str]] = []
        self.refusals: list[str] = []
        self.tokens = self

    def credential(self) -> Credential:
        return Credential(self.given, keeper=self)

    def reread(self) -> Credential | None:
        if self.values == self.given:
            return None
        self.given = dict(self.values)
        return self.credential()

    def keep(self, changed: Mapping[str, str]) -> None:
        self.kept.append(dict(changed))
        self.values |= changed
        self.given = dict(self.values)

    remedy = "put a new one"

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)

    def turn(self, identity: str) -> Any:
        return nullcontext()

    def load(self, identity: str, secret: str) -> SharedToken | None:
        return None

    def save(self, identity: str, secret: str, token: SharedToken) -> None:
        pass


@pytest.fixture
def api() -> Iterator[FakeApi]:
    def refresh(request: ApiRequest) -> ApiAnswer:
        if request.form["refresh_token"] != "refresh-good":
            return ApiAnswer({"error": "invalid_grant"}, status=400)
        return ApiAnswer({"access_token": "key-good", "refresh_token": "refresh-next", "expires_in": 60})

    def listed(request: ApiRequest) -> ApiAnswer:
        return ApiAnswer({}, status=200 if "Bearer key-good" in request.headers.values() else 401)

    with FakeApi() as api:
        api.on("GET", "/list", listed)
        api.on("POST", "/token", refresh)
        yield api


def ask(api: FakeApi, keeper: Keeper, kind: AuthKind) -> None:
    client = HttpClient(
        authenticator=bind_credential(kind, keeper.credential(), api_url=api.url),
        limiter=connect(None),
        user_agent="test/1",
        retry=Retry(attempts=1, first_seconds=0.001, longest_seconds=0.002),
        rotated=keeper.keep,
        tokens=keeper,
        credential_ref="vault://acme/shop",
    )
    client.send(Request(url=f"{api.url}/list", origin=api.url))
    client.close()


KINDS = [
    pytest.param(BearerToken(), "access_token", "key-good", id="a key"),
    pytest.param(OAuth2Refresh(token_url="{api_url}/token"), "refresh_token", "refresh-good", id="OAuth"),
]
APP = {"client_id": "app", "client_secret": "s3cret-app"}


@pytest.mark.parametrize(("kind", "name", "good"), KINDS)
def test_a_refused_credential_is_read_again_once(api: FakeApi, kind: AuthKind, name: str, good: str) -> None:
    keeper = Keeper(**APP, **{name: "former"})
    keeper.values[name] = good
    ask(api, keeper, kind)
    assert not keeper.refusals


@pytest.mark.parametrize(("kind", "name", "good"), KINDS)
def test_a_keeper_hears_of_a_refusal_that_nothing_mends(api: FakeApi, kind: AuthKind, name: str, good: str) -> None:
    keeper = Keeper(**APP, **{name: "former"})
    with pytest.raises(RefusedCredentialError, match="vault://acme/shop: the provider refused"):
        ask(api, keeper, kind)
    assert len(keeper.refusals) == 1


def test_a_replaced_refresh_token_goes_to_the_keeper(api: FakeApi) -> None:
    keeper = Keeper(**APP, refresh_token="refresh-good")
    ask(api, keeper, OAuth2Refresh(token_url="{api_url}/token"))
    assert keeper.kept == [{"refresh_token": "refresh-next"}]
