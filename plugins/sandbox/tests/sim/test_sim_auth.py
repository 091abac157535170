"""Who may ask, and for what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dif_sandbox.sim import ChannelConfig, Config, Simulators

if TYPE_CHECKING:
    import requests
    from conftest import Api, Login, Start


def error(answer: requests.Response) -> tuple[int, int]:
    assert set(answer.json()) == {"code", "message"}
    return answer.status_code, answer.json()["code"]


def test_a_refresh_token_gives_an_access_token_with_the_documented_fields(api: Api) -> None:
    granted = api.token().json()
    assert granted["token_type"] == "bearer"
    assert granted["response_type"] == "refresh_token"
    assert granted["expires_in"] == 30 * 86_400
    assert granted["refresh_token"] == api.secrets["refresh_token"]
    assert "ads:read" in granted["scope"].split()
    assert granted["refresh_token_expires_at"] > granted["refresh_token_expires_in"]


@pytest.mark.parametrize("part", ["client_id", "client_secret", "refresh_token"])
def test_wrong_credentials_are_refused(api: Api, part: str) -> None:
    api.secrets[part] = "wrong"
    assert error(api.token()) == (401, 2)


@pytest.mark.slow
def test_each_of_a_thousand_clients_has_an_app_of_its_own() -> None:
    clients = tuple(f"client{number}" for number in range(1000))
    with Simulators(Config({"pinterest": ChannelConfig(clients=clients)})) as simulators:
        apps = simulators.credentials("pinterest").values()
    assert len({app["client_id"] for app in apps}) == len(clients)


def test_another_apps_refresh_token_is_refused(api: Api, other: Login) -> None:
    assert error(api.token(refresh_token=other("acme").secrets["refresh_token"])) == (401, 2)


@pytest.mark.parametrize("form", [{"grant_type": "password"}, {"grant_type": "authorization_code"}])
def test_other_grants_are_refused(api: Api, form: dict[str, str]) -> None:
    assert error(api.token(**form)) == (400, 1)


def test_a_token_request_in_json_is_refused(api: Api) -> None:
    app = (api.secrets["client_id"], api.secrets["client_secret"])
    body = {"grant_type": "refresh_token", "refresh_token": api.secrets["refresh_token"]}
    assert error(api.session.post(f"{api.url}/v5/oauth/token", json=body, auth=app)) == (400, 1)


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "Basic eDp5", "Basic \u00e9"])
def test_a_request_without_a_known_token_is_refused(api: Api, header: str | None) -> None:
    api.session.headers["authorization"] = header.encode() if header else None
    assert error(api.get("/ad_accounts")) == (401, 2)


def test_an_access_token_expires_by_the_simulated_clock(start: Start) -> None:
    api = start(token_seconds=3600)
    api.clock("2026-11-02T00:29:59Z")
    assert api.get("/ad_accounts").status_code == 200
    api.clock("2026-11-02T00:30:00Z")
    assert error(api.get("/ad_accounts")) == (401, 2)
    assert api.login().get("/ad_accounts").status_code == 200


def test_a_revoked_access_token_is_refused_until_another_is_fetched(api: Api) -> None:
    api.faults({"match": "/ad_accounts$", "kind": "revoked_token"})
    assert error(api.get("/ad_accounts")) == (401, 2)
    assert error(api.get("/ad_accounts")) == (401, 2)
    assert api.login().get("/ad_accounts").status_code == 200


def test_a_revoked_grant_gives_no_token_any_more(api: Api) -> None:
    api.faults({"match": "/ad_accounts$", "kind": "revoked_grant"})
    assert error(api.get("/ad_accounts")) == (401, 2)
    assert error(api.token()) == (401, 2)


def test_a_revoked_grant_leaves_the_other_clients_alone(api: Api, other: Login) -> None:
    acme = other("acme")
    api.faults({"match": "oauth/token", "kind": "revoked_grant"})
    assert error(api.token()) == (401, 2)
    assert acme.login().get("/ad_accounts").status_code == 200


def test_a_missing_scope_is_named(start: Start) -> None:
    api = start(scopes={"demo": ["ads:read", "boards:read"]})
    assert api.get("/boards").status_code == 200
    board = api.walk("/boards")[0]["id"]
    refused = api.get(f"/boards/{board}/pins")
    assert error(refused) == (401, 3)
    assert "pins:read" in refused.json()["message"]


def test_a_token_may_ask_for_fewer_scopes(api: Api) -> None:
    narrow = api.token(scope="ads:read").json()
    assert narrow["scope"] == "ads:read"
    api.session.headers["authorization"] = f"Bearer {narrow['access_token']}"
    assert api.get("/ad_accounts").status_code == 200
    assert error(api.get("/boards")) == (401, 3)


def test_clients_see_their_own_accounts_only(api: Api, other: Login) -> None:
    acme = other("acme")
    assert len(api.accounts()) == 2
    assert len(acme.accounts()) == 3
    assert len(other("globex").accounts()) == 1
    assert error(api.get(f"/ad_accounts/{acme.accounts()[0]}/campaigns")) == (403, 29)


def test_an_unknown_account_is_not_found(api: Api) -> None:
    refused = api.get("/ad_accounts/549700000000/campaigns")
    assert error(refused) == (404, 2)
    assert refused.json()["message"] == "AdAccount not found."


def test_an_account_that_is_no_number_is_invalid(api: Api) -> None:
    assert error(api.get("/ad_accounts/54x/campaigns")) == (400, 1)


def test_an_unknown_path_is_not_found_and_a_wrong_method_not_allowed(api: Api) -> None:
    assert error(api.get("/nothing")) == (404, 404)
    assert error(api.post("/ad_accounts", {})) == (405, 5)


def test_secrets_are_not_in_the_request_log(api: Api) -> None:
    api.token()
    api.accounts()
    text = api.control("GET", "requests").text
    assert api.secrets["refresh_token"] not in text
    assert api.secrets["client_secret"] not in text
    assert "pina_" not in text
