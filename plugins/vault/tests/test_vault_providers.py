"""Credentials are tried at, and granted by, a provider that behaves like Pinterest."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from dif_kit.errors import CredentialError
from dif_sandbox.services import Simulation, Simulators
from dif_vault import SecretName, Status, Vault
from dif_vault._authorize import Authorization, authorize, known_authorization
from dif_vault.cli import main

SCOPES = ("ads:read", "boards:read", "pins:read", "user_accounts:read")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of the simulator, and the secrets of its client acme."""
    credentials = tmp_path_factory.mktemp("credentials")
    world = Simulation(clients=("acme",))
    with Simulators(tmp_path_factory.mktemp("sim"), credentials=credentials, simulation=world) as simulators:
        yield simulators.urls["pinterest"], json.loads((credentials / "acme" / "pinterest").read_text())


@pytest.fixture
def provider(simulated: tuple[str, dict[str, str]]) -> Authorization:
    url = simulated[0]
    return Authorization(f"{url}/oauth/", f"{url}/v5/oauth/token", SCOPES)


@pytest.fixture
def app(simulated: tuple[str, dict[str, str]]) -> dict[str, str]:
    return {name: simulated[1][name] for name in ("client_id", "client_secret")}


@pytest.fixture
def run(url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setenv("DIF_VAULT_URL", url)
    monkeypatch.setenv("DIF_VAULT_KEY", f"local:{key_file}")
    return lambda *arguments: CliRunner().invoke(main, list(arguments))


def browse(address: str) -> None:
    """What a browser does whose user is signed in: open the address and follow where it leads."""
    threading.Thread(target=lambda: requests.get(address, timeout=30), daemon=True).start()


def test_a_user_who_grants_access_leaves_a_refresh_token(
    provider: Authorization, app: dict[str, str], simulated: tuple[str, dict[str, str]]
) -> None:
    granted = authorize(provider, app, port=0, show=browse, patience=30)
    assert granted == {**app, "refresh_token": simulated[1]["refresh_token"]}


def test_an_answer_to_another_question_is_not_taken(provider: Authorization, app: dict[str, str]) -> None:
    answers: list[int] = []

    def forge(address: str) -> None:
        redirect = requests.Request("GET", address).prepare().url or ""
        from urllib.parse import parse_qs, urlsplit

        back = parse_qs(urlsplit(redirect).query)["redirect_uri"][0]
        answers.append(requests.get(back, params={"code": "stolen", "state": "guessed"}, timeout=30).status_code)
        browse(address)

    assert authorize(provider, app, port=0, show=forge, patience=30)["refresh_token"]
    assert answers == [400]


def test_a_code_without_the_verifier_of_who_asked_is_worth_nothing(
    provider: Authorization, app: dict[str, str]
) -> None:
    asked = {
        "client_id": app["client_id"], "response_type": "code", "redirect_uri": "http://127.0.0.1:9/callback",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
    }  # fmt: skip
    sent = requests.get(provider.authorize_url, params=asked, allow_redirects=False, timeout=30)
    code = sent.headers["location"].partition("code=")[2].partition("&")[0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]}
    proof = (app["client_id"], app["client_secret"])
    for verifier in ({}, {"code_verifier": "guessed"}):
        assert requests.post(provider.token_url, data=form | verifier, auth=proof, timeout=30).status_code == 400


def test_a_user_who_does_not_come_is_not_waited_for_for_ever(provider: Authorization, app: dict[str, str]) -> None:
    with pytest.raises(CredentialError, match="nobody granted access"):
        authorize(provider, app, port=0, show=lambda _address: None, patience=0.01)


def test_a_user_who_refuses_is_told(provider: Authorization, app: dict[str, str]) -> None:
    def refuse(address: str) -> None:
        from urllib.parse import parse_qs, urlsplit

        asked = parse_qs(urlsplit(address).query)
        answer = {"error": "access_denied", "state": asked["state"][0]}
        requests.get(asked["redirect_uri"][0], params=answer, timeout=30)

    with pytest.raises(CredentialError, match="access_denied"):
        authorize(provider, app, port=0, show=refuse, patience=30)


def test_a_wrong_app_is_refused_without_showing_its_secret(provider: Authorization, app: dict[str, str]) -> None:
    with pytest.raises(CredentialError, match=r"HTTP 401 .*Authentication failed") as refused:
        authorize(provider, {**app, "client_secret": "canary-wrong"}, port=0, show=browse, patience=30)
    assert "canary" not in str(refused.value)


def test_the_command_keeps_what_was_granted(
    *, run: Callable[..., Any], vault: Vault, place: SecretName, provider: Authorization, app: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    vault.put(place, app)
    monkeypatch.setattr("dif_vault.cli._providers.webbrowser.open", browse)
    said = run(
        "authorize",
        str(place),
        "--authorize-url",
        provider.authorize_url,
        "--token-url",
        provider.token_url,
        "--port",
        "0",
    )
    assert said.exit_code == 0, said.output
    opened = vault.open(place)
    assert (opened.record.version, opened.record.kind) == (2, "refresh_token")
    assert app["client_secret"] not in said.output


def test_the_package_of_a_channel_says_how_it_authorizes() -> None:
    known = known_authorization("pinterest")
    assert known is not None
    assert known.authorize_url.startswith("https://www.pinterest.com/")
    assert known_authorization("nothing") is None


def test_check_tries_each_credential_at_its_provider(
    *, run: Callable[..., Any], vault: Vault, simulated: tuple[str, dict[str, str]], place: SecretName,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wrong = SecretName("globex", "pinterest")
    vault.put(place, simulated[1])
    vault.put(wrong, {**simulated[1], "client_secret": "canary-wrong"})
    vault.put(SecretName("acme", "redshift"), {"user": "u", "password": "p"})
    vault.put(SecretName("acme", "google_ads"), {"access_token": "of another kind"})
    monkeypatch.setenv("TAP_PINTEREST_API_URL", f"{simulated[0]}/v5")
    said = run("check", "--json")
    assert said.exit_code == 1
    told = {one["place"]: (one["result"], one["detail"]) for one in json.loads(said.output)}
    assert told[str(place)] == ("good", "")
    assert told[str(wrong)][0] == "failed"
    assert "refused the credential" in told[str(wrong)][1]
    assert told["vault://acme/redshift"][0] == "not tried"
    assert told["vault://acme/google_ads"][0] == "failed", "a tap's name has hyphens where a place has underscores"
    assert "canary" not in said.output
    assert {record.place: record.status for record in vault.records()}[wrong] is Status.NEEDS_REAUTH
