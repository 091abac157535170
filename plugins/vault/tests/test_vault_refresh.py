"""A fleet renews a token once, writes it back before it uses it, and survives what happens meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dif_kit.budget import connect
from dif_kit.credentials import resolve
from dif_kit.errors import CredentialError
from dif_kit.http import AuthKind, BearerToken, HttpClient, OAuth2Refresh, Request, Retry, bind_credential
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi
from dif_vault import SecretName, Status, Vault

FLEET = Path(__file__).with_name("fleet.py")
PROCESSES, ROUNDS = 16, 3  # `make bench what=vault` does fifty
FAST = Retry(attempts=2, throttles=2, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)


class Provider(FakeApi):
    """Gives access tokens for a refresh token that is good for one use, and voids the access tokens it gave before."""

    def __init__(self) -> None:
        super().__init__()
        self.given = 0
        self.refresh_token, self.access_token = "canary-refresh-1", ""
        self.on("POST", "/token", self.token)
        self.on("GET", "/list", self.list)
        self.on("POST", "/void", self.void)
        self._turn = threading.Lock()

    def token(self, request: ApiRequest) -> ApiAnswer:
        with self._turn:
            if request.form.get("refresh_token") != self.refresh_token:
                return ApiAnswer({"error": "invalid_grant"}, status=400)
            self.given += 1
            self.refresh_token = f"canary-refresh-{self.given + 1}"
            self.access_token = f"canary-access-{self.given}"
            return ApiAnswer(
                {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": 3600}
            )

    def list(self, request: ApiRequest) -> ApiAnswer:
        proof = request.headers.get("Authorization") or request.headers.get("authorization")
        if not self.access_token or proof != f"Bearer {self.access_token}":
            return ApiAnswer({"error": "unauthorized"}, status=401)
        return ApiAnswer({"token": self.access_token})

    def void(self, _request: ApiRequest) -> ApiAnswer:
        self.access_token = ""
        return ApiAnswer({})


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def environment(url: str, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    settings = {"DIF_VAULT_URL": url, "DIF_VAULT_KEY": f"local:{key_file}"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **settings}


@pytest.fixture
def kept(vault: Vault, place: SecretName, values: dict[str, str], environment: dict[str, str]) -> Vault:
    """The vault of the environment, with the provider's first refresh token in it."""
    vault.put(place, values)
    return vault


def client(provider: FakeApi, kind: AuthKind | None = None) -> HttpClient:
    credential = resolve("vault://acme/pinterest")
    assert credential.keeper is not None
    kind = kind or OAuth2Refresh(token_url="{api_url}/token")
    return HttpClient(
        authenticator=bind_credential(kind, credential, api_url=provider.url),
        limiter=connect(None),
        user_agent="test/1",
        retry=FAST,
        rotated=credential.keeper.keep,
        tokens=credential.keeper.tokens,
        credential_ref="vault://acme/pinterest",
        remedy=credential.keeper.remedy,
    )


def ask(provider: FakeApi, sender: HttpClient) -> Any:
    return sender.send(Request(url=f"{provider.url}/list", origin=provider.url)).json()


def test_sixteen_processes_that_need_a_token_at_once_ask_the_provider_once(
    provider: Provider, kept: Vault, place: SecretName, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, FLEET, provider.url, str(PROCESSES), str(ROUNDS)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [[f"canary-access-{n}"] * PROCESSES for n in range(1, ROUNDS + 1)]
    assert provider.given == ROUNDS
    assert kept.open(place).values["refresh_token"] == provider.refresh_token
    assert not kept.verify().faults


def test_a_killed_refresh_frees_its_turn_and_loses_no_token(
    provider: Provider, kept: Vault, place: SecretName, environment: dict[str, str]
) -> None:
    asked, answered = threading.Event(), threading.Event()

    def hang(_request: ApiRequest) -> ApiAnswer:
        asked.set()
        answered.wait(60)
        return ApiAnswer({"error": "too late"}, status=500)

    provider.on("POST", "/token", hang)
    victim = subprocess.Popen(
        [sys.executable, FLEET, provider.url, "1", "1"], env=environment, stdout=subprocess.PIPE, start_new_session=True
    )
    assert asked.wait(60)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    provider.on("POST", "/token", provider.token)
    assert ask(provider, client(provider)) == {"token": "canary-access-1"}
    assert kept.open(place).values["refresh_token"] == "canary-refresh-2"
    answered.set()


def test_a_process_that_is_killed_after_the_write_back_leaves_the_new_token(
    provider: Provider, kept: Vault, place: SecretName, environment: dict[str, str]
) -> None:
    used, let_go = threading.Event(), threading.Event()
    first = provider.list

    def hang_when_signed(request: ApiRequest) -> ApiAnswer:
        answer = first(request)
        if answer.status == 200 and not used.is_set():
            used.set()
            let_go.wait(60)
        return answer

    provider.on("GET", "/list", hang_when_signed)
    victim = subprocess.Popen(
        [sys.executable, FLEET, provider.url, "1", "1"], env=environment, stdout=subprocess.PIPE, start_new_session=True
    )
    assert used.wait(60)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    let_go.set()
    assert ask(provider, client(provider)) == {"token": "canary-access-1"}  # the one that the victim was given
    assert provider.given == 1


def test_a_rotated_refresh_token_is_written_before_its_access_token_is_used(
    provider: Provider, kept: Vault, place: SecretName
) -> None:
    held_when_used: list[str] = []
    first = provider.list

    def look(request: ApiRequest) -> ApiAnswer:
        answer = first(request)
        if answer.status == 200:
            held_when_used.append(kept.open(place).values["refresh_token"])
        return answer

    provider.on("GET", "/list", look)
    ask(provider, client(provider))
    assert held_when_used == [provider.refresh_token]


def test_a_write_back_outlives_the_loss_of_every_session(
    provider: Provider, kept: Vault, place: SecretName, attack: Any
) -> None:
    first = provider.token

    def cut_off(request: ApiRequest) -> ApiAnswer:
        attack("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datid > 0")
        attack("ALTER TABLE dif_vault.credential RENAME TO away")
        threading.Timer(0.2, attack, ["ALTER TABLE dif_vault.away RENAME TO credential"]).start()
        return first(request)

    running = client(provider)
    provider.on("POST", "/token", cut_off)
    assert ask(provider, running) == {"token": "canary-access-1"}
    assert kept.open(place).values["refresh_token"] == "canary-refresh-2"


def test_a_runner_needs_no_more_than_the_guide_grants(
    *, provider: Provider, kept: Vault, place: SecretName, url: str, attack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "security.md").read_text()
    attack("CREATE ROLE runner LOGIN")
    attack(guide.partition("```sql\n")[2].partition("```")[0])
    monkeypatch.setenv("DIF_VAULT_URL", url.replace("postgres@", "runner@"))
    running = client(provider)
    assert ask(provider, running) == {"token": "canary-access-1"}
    provider.refresh_token, provider.access_token = "somebody else used it", ""
    with pytest.raises(CredentialError):
        ask(provider, running)
    assert kept.records()[0].status is Status.NEEDS_REAUTH
    assert kept.records()[0].written_by == kept.audit()[-1].actor
    assert not kept.verify().faults


def test_a_key_that_was_replaced_during_a_run_is_read_again_once(
    kept: Vault, place: SecretName, environment: dict[str, str]
) -> None:
    good = "canary-old"

    def answer(request: ApiRequest) -> ApiAnswer:
        return ApiAnswer({"token": good}, status=200 if f"Bearer {good}" in request.headers.values() else 401)

    kept.put(place, {"access_token": good})
    with FakeApi() as api:
        api.on("GET", "/list", answer)
        running = client(api, BearerToken())
        assert ask(api, running) == {"token": "canary-old"}
        good = "canary-new"
        kept.put(place, {"access_token": good})
        assert ask(api, running) == {"token": "canary-new"}
        assert len(api.requests) == 3


def test_a_credential_that_the_provider_refuses_needs_a_person(
    provider: Provider, kept: Vault, place: SecretName
) -> None:
    provider.refresh_token = "somebody else used it"
    with pytest.raises(CredentialError, match=r"refused the credential.*; run `vault authorize acme/pinterest`$"):
        ask(provider, client(provider))
    assert kept.records()[0].status is Status.NEEDS_REAUTH
    kept.put(place, {"client_id": "app", "client_secret": "s3cret!", "refresh_token": provider.refresh_token})
    assert kept.records()[0].status is Status.ACTIVE
    assert ask(provider, client(provider)) == {"token": "canary-access-1"}


def test_a_person_who_puts_a_new_token_while_it_is_refreshed_wins(
    provider: Provider, kept: Vault, place: SecretName, values: dict[str, str]
) -> None:
    by_hand = {**values, "refresh_token": "canary-by-hand"}
    first = provider.token

    def slow(request: ApiRequest) -> ApiAnswer:
        answer = first(request)
        if kept.open(place).record.version == 1:
            kept.put(place, by_hand)
        return answer

    provider.on("POST", "/token", slow)
    ask(provider, client(provider))
    assert kept.open(place).values == by_hand


def test_opening_costs_one_call_of_kms_a_run_and_none_a_request(
    *, provider: Provider, kms_vault: Vault, place: SecretName, kms_calls: Any, aws: Any, url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    token = {"access_token": "canary-static"}
    arn = kms_vault.put(place, token).record.key_id
    for name, value in {
        "DIF_VAULT_URL": url, "DIF_VAULT_KEY": arn, "AWS_ENDPOINT_URL_KMS": aws.url, "AWS_ACCESS_KEY_ID": "AKIARUNNER",
        "AWS_SECRET_ACCESS_KEY": "runnersecret", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    provider.access_token = token["access_token"]
    before = kms_calls()
    running = client(provider, BearerToken())
    for _ in range(20):
        ask(provider, running)
    resolve("vault://acme/pinterest")
    assert kms_calls() - before == 1
