"""How a request leaves, and how its answer is judged."""

from __future__ import annotations

import threading
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget, RateHeaders, connect
from dif_kit.credentials import Credential
from dif_kit.decode import JsonRecords
from dif_kit.errors import CredentialError, Deferred, ExtractionError, SpentBudgetError
from dif_kit.http import (
    BearerToken,
    HttpClient,
    Match,
    NoAuth,
    OAuth2Refresh,
    PartitionSkippedError,
    Request,
    Retry,
    Verdicts,
    WindowTooLargeError,
)
from dif_kit.testing import ApiAnswer, FakeApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "very-secret-bearer-token"
FAST = Retry(attempts=4, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)


class RecordingLimiter:
    """A limiter that lets everything pass and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self._inner = connect(None)

    def acquire(self, reservations: dict[Budget, str], **_: Any) -> Any:
        self.told.append(("acquire", {budget.name: scope for budget, scope in reservations.items()}))
        return self._inner.acquire({})

    def pause(self, budget: Budget, scope: str, seconds: float) -> None:
        self.told.append(("pause", budget.name, scope, seconds))

    def slow_down(self, budget: Budget, scope: str) -> None:
        self.told.append(("slow_down", budget.name, scope))

    def learn(self, budget: Budget, scope: str, *, remaining: int, reset_seconds: float) -> None:
        self.told.append(("learn", budget.name, scope, remaining, reset_seconds))


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def limiter() -> RecordingLimiter:
    return RecordingLimiter()


@pytest.fixture
def client(limiter: RecordingLimiter) -> HttpClient:
    return make_client(limiter)


def make_client(limiter: Any, authenticator: Any = None, retry: Retry = FAST) -> HttpClient:
    signer = authenticator or BearerToken().bind(Credential({"access_token": SECRET}), api_url="")
    return HttpClient(authenticator=signer, limiter=limiter, user_agent="test/1", retry=retry)


def ask(api: FakeApi, path: str = "/list", **facts: Any) -> Request:
    return Request(url=api.url + path, origin=api.url, **facts)


def test_a_request_is_signed_and_names_the_tap(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", {"items": []})
    assert client.send(ask(api, params={"a": [1, 2], "b": True, "c": None})).json() == {"items": []}
    [seen] = api.requests
    assert seen.headers["Authorization"] == f"Bearer {SECRET}"
    assert seen.headers["User-Agent"] == "test/1"
    assert seen.queries == {"a": ["1", "2"], "b": ["true"]}


@pytest.mark.parametrize(
    "fault",
    [
        ApiAnswer({"m": 1}, status=500),
        ApiAnswer({"m": 1}, status=503),
        ApiAnswer({"m": 1}, status=408),
        ApiAnswer(b"<html>sorry</html>", headers={"Content-Type": "text/html"}),
        ApiAnswer(b'{"items": [1, 2'),
        ApiAnswer({"items": []}, cut=True),
        ApiAnswer({"nothing": "here"}),
    ],
    ids=["500", "503", "408", "html", "half json", "broken off", "no items"],
)
def test_a_passing_fault_is_tried_again(api: FakeApi, client: HttpClient, fault: ApiAnswer) -> None:
    api.on("GET", "/list", [fault, fault, {"items": [{"id": 1}]}])
    answer = client.send(ask(api, decoder=JsonRecords("items")))
    assert answer.json() == {"items": [{"id": 1}]}
    assert len(api.requests) == 3


def test_html_with_200_is_never_an_empty_page(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", ApiAnswer(b"<html>maintenance</html>"))
    with pytest.raises(ExtractionError, match=r"GET http.*/list: HTTP 200, but .*maintenance.*after 4 tries"):
        client.send(ask(api, decoder=JsonRecords("items")))


def test_a_provider_that_is_down_is_named_without_a_traceback_of_addresses(client: HttpClient) -> None:
    request = Request(url="http://127.0.0.1:9/list?token=abc", origin="http://127.0.0.1:9")
    with pytest.raises(
        ExtractionError, match=r"GET http://127.0.0.1:9/list: connection failed \(.*refused.*\)"
    ) as told:
        client.send(request)
    assert "abc" not in str(told.value)


def test_retries_of_all_requests_together_are_limited(api: FakeApi, limiter: RecordingLimiter) -> None:
    client = make_client(limiter, retry=Retry(attempts=1000, first_seconds=0.0001, longest_seconds=0.0001))
    api.on("GET", "/list", ApiAnswer({}, status=500))
    with pytest.raises(ExtractionError):
        client.send(ask(api))
    assert len(api.requests) == 31
    with pytest.raises(ExtractionError):
        client.send(ask(api))
    assert len(api.requests) == 32


NESTED = Verdicts(code="error.code", skip_partition={"GONE"})
TOO_LONG = Verdicts(message="m", window_too_large={Match(text="too MANY days")})


@pytest.mark.parametrize(
    ("verdicts", "answer", "error"),
    [
        (Verdicts(code="code", skip_partition={29}), ApiAnswer({"code": 29}, status=200), PartitionSkippedError),
        (NESTED, ApiAnswer({"error": {"code": "GONE"}}, status=400), PartitionSkippedError),
        (Verdicts(), ApiAnswer({}, status=403), PartitionSkippedError),
        (Verdicts(), ApiAnswer({}, status=404), PartitionSkippedError),
        (Verdicts(permanent={Match(status=403)}), ApiAnswer({}, status=403), ExtractionError),
        (TOO_LONG, ApiAnswer({"m": "Too many days"}, status=400), WindowTooLargeError),
        (Verdicts(code="code"), ApiAnswer({"code": 7}, status=200), ExtractionError),
        (Verdicts(code="code", retry={7}), ApiAnswer({"code": 7}, status=400), ExtractionError),
        (Verdicts(), ApiAnswer({}, status=400), ExtractionError),
    ],
)  # fmt: skip
def test_the_providers_own_table_decides(
    api: FakeApi, client: HttpClient, verdicts: Verdicts, answer: ApiAnswer, error: type[Exception]
) -> None:
    api.on("GET", "/list", answer)
    with pytest.raises(error) as told:
        client.send(ask(api, verdicts=verdicts))
    assert type(told.value) is error


def test_a_success_with_an_error_in_its_message_is_an_error(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", {"fault": "Quota exceeded", "items": []})
    with pytest.raises(PartitionSkippedError):
        client.send(ask(api, verdicts=Verdicts(message="fault", skip_partition={Match(text="quota")})))
    api.on("GET", "/list", {"items": ["data may speak of a quota"]})
    client.send(ask(api, verdicts=Verdicts(message="fault", skip_partition={Match(text="quota")})))


def test_a_code_that_the_provider_calls_ok_is_ok(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", {"code": 0, "items": []})
    assert client.send(ask(api, verdicts=Verdicts(code="code", ok={0}))).status == 200


RATE = RateHeaders("x-limit", "x-left", "x-reset")
BUDGET = Budget("reads", ("5/s",), headers=RATE)
PER_ACCOUNT = Budget("by account", ("5/s",), scope=("account_id", "credential"))


def test_budgets_are_reserved_by_their_scope_and_told_what_the_headers_say(
    api: FakeApi, client: HttpClient, limiter: RecordingLimiter
) -> None:
    api.on("GET", "/list", ApiAnswer({}, headers={"x-left": "17, 17;w=60", "x-reset": "12"}))
    client.send(ask(api, budgets=(BUDGET, PER_ACCOUNT), scope={"account_id": 5}))
    (_, scopes), learned = limiter.told
    assert scopes["by account"] == f"5|{scopes['reads']}"
    assert SECRET not in str(scopes)
    assert learned == ("learn", "reads", scopes["reads"], 17, 12.0)


def in_seconds(seconds: float) -> float:
    return time.time() + seconds


@pytest.mark.parametrize(
    ("headers", "longest"),
    [
        (lambda: {"Retry-After": "3"}, 3),
        (lambda: {"Retry-After": "0.5"}, 0.5),
        (lambda: {"Retry-After": formatdate(in_seconds(200), usegmt=True)}, 200),
        (lambda: {"Retry-After": f"{in_seconds(200):.0f}"}, 201),
        (lambda: {"Retry-After": f"{in_seconds(200) * 1000:.0f}"}, 200),
        (lambda: {"x-left": "0", "x-reset": "2"}, 2),
    ],
)
def test_a_429_pauses_the_budget_for_as_long_as_the_provider_asks(
    api: FakeApi, limiter: RecordingLimiter, headers: Callable[[], dict[str, str]], longest: float
) -> None:
    client = make_client(limiter, retry=Retry(horizon_seconds=300))
    api.on("GET", "/list", [ApiAnswer({}, status=429, headers=headers()), {}])
    client.send(ask(api, budgets=(BUDGET,)))
    [pause] = [told for told in limiter.told if told[0] == "pause"]
    assert longest / 2 < pause[3] <= longest
    assert [told[0] for told in limiter.told].count("acquire") == 2


@pytest.mark.parametrize("header", ["soon", "-5", "nan", "0", None])
def test_a_429_without_a_usable_wait_slows_the_budget_down(
    api: FakeApi, client: HttpClient, limiter: RecordingLimiter, header: str | None
) -> None:
    api.on("GET", "/list", [ApiAnswer({}, status=429, headers={"Retry-After": header} if header else {}), {}])
    client.send(ask(api, budgets=(BUDGET,)))
    assert "slow_down" in [told[0] for told in limiter.told]


def test_a_wait_beyond_the_horizon_defers_the_run(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", ApiAnswer({}, status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(Deferred) as told:
        client.send(ask(api))
    assert 3590 < told.value.retry_at - time.time() <= 3600


def test_a_wait_beyond_the_horizon_is_told_to_all_who_share_the_budget(
    api: FakeApi, client: HttpClient, limiter: RecordingLimiter
) -> None:
    api.on("GET", "/list", ApiAnswer({}, status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(SpentBudgetError) as told:
        client.send(ask(api, budgets=(BUDGET,)))
    assert told.value.everywhere == {BUDGET.name}
    [pause] = [each for each in limiter.told if each[0] == "pause"]
    assert pause[1] == BUDGET.name
    assert 3590 < pause[3] <= 3600


def test_an_absurd_wait_is_asked_again_tomorrow(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", ApiAnswer({}, status=429, headers={"Retry-After": "99999999"}))
    with pytest.raises(Deferred) as told:
        client.send(ask(api))
    assert told.value.retry_at - time.time() <= 86_400


def test_a_storm_of_429s_defers_the_run(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", ApiAnswer({}, status=429))
    with pytest.raises(Deferred, match="throttled 4 times"):
        client.send(ask(api))


# Authentication


def oauth(api: FakeApi, limiter: RecordingLimiter, **facts: Any) -> HttpClient:
    kind = OAuth2Refresh(token_url="{api_url}/token", **facts)
    credential = Credential({"client_id": "app", "client_secret": "app-secret-value", "refresh_token": "refresh-value"})
    return make_client(limiter, kind.bind(credential, api_url=api.url + "/"))


def test_a_token_is_fetched_once_with_the_clients_basic_proof(api: FakeApi, limiter: RecordingLimiter) -> None:
    api.on("POST", "/token", {"access_token": "token-1-value", "expires_in": 3600})
    api.on("GET", "/list", {})
    client = oauth(api, limiter, scope="ads:read")
    client.send(ask(api))
    client.send(ask(api))
    token, first, second = api.requests
    assert token.headers["Authorization"] == "Basic YXBwOmFwcC1zZWNyZXQtdmFsdWU="
    assert token.form == {"grant_type": "refresh_token", "refresh_token": "refresh-value", "scope": "ads:read"}
    assert first.headers["Authorization"] == second.headers["Authorization"] == "Bearer token-1-value"


def test_a_token_near_its_end_is_renewed_with_the_rotated_refresh_token(
    api: FakeApi, limiter: RecordingLimiter
) -> None:
    api.on("POST", "/token", {"access_token": "token-value", "expires_in": 0, "refresh_token": "rotated-value"})
    api.on("GET", "/list", {})
    client = oauth(api, limiter, client_auth="form")
    client.send(ask(api))
    client.send(ask(api))
    assert [request.form["refresh_token"] for request in api.asked("/token")] == ["refresh-value", "rotated-value"]
    assert api.asked("/token")[0].form["client_secret"] == "app-secret-value"


def test_a_refused_token_is_renewed_once(api: FakeApi, limiter: RecordingLimiter) -> None:
    api.on("POST", "/token", [{"access_token": "token-1-value"}, {"access_token": "token-2-value"}])
    api.on("GET", "/list", [ApiAnswer({}, status=401), {"ok": 1}])
    assert oauth(api, limiter).send(ask(api)).json() == {"ok": 1}
    api.on("GET", "/list", ApiAnswer({"code": 2}, status=401))
    with pytest.raises(CredentialError, match="refused the credential"):
        oauth(api, limiter).send(ask(api))


def test_threads_renew_a_token_together(api: FakeApi, limiter: RecordingLimiter) -> None:
    tokens = iter(range(100))
    api.on("POST", "/token", lambda _request: {"access_token": f"token-{next(tokens)}-value"})

    def guarded(request: Any) -> Any:
        return {} if request.headers["Authorization"] == "Bearer token-1-value" else ApiAnswer({}, status=401)

    api.on("GET", "/list", guarded)
    client = oauth(api, limiter)
    threads = [threading.Thread(target=client.send, args=(ask(api),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.asked("/token")) == 2


def test_two_taps_in_one_process_sign_for_themselves(api: FakeApi, limiter: RecordingLimiter) -> None:
    api.on("GET", "/list", {})
    for token in ("token-of-acme", "token-of-globex"):
        signer = BearerToken().bind(Credential({"access_token": token}), api_url="")
        make_client(limiter, signer).send(ask(api))
    assert [r.headers["Authorization"] for r in api.requests] == ["Bearer token-of-acme", "Bearer token-of-globex"]


def test_a_refresh_token_that_is_refused_is_told_as_such(api: FakeApi, limiter: RecordingLimiter) -> None:
    api.on("POST", "/token", ApiAnswer({"error": "invalid_grant", "refresh_token": "refresh-value"}, status=400))
    with pytest.raises(CredentialError, match="invalid_grant") as told:
        oauth(api, limiter).send(ask(api))
    assert "refresh-value" not in str(told.value)


def test_another_host_never_sees_the_credential(api: FakeApi, client: HttpClient) -> None:
    with FakeApi() as foreign:
        foreign.on("GET", "/file", {"rows": 1})
        api.on("GET", "/list", ApiAnswer(b"", status=302, headers={"Location": foreign.url + "/file"}))
        client.send(ask(api, headers={"X-Own": "1"}))
        client.send(Request(url=foreign.url + "/file", origin=api.url))
        assert "Authorization" in api.requests[0].headers
        for request in foreign.requests:
            assert not {"Authorization", "X-Own"} & set(request.headers)


def test_a_redirect_on_the_same_host_stays_signed(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", ApiAnswer(b"", status=307, headers={"Location": "/moved?x=1"}))
    api.on("GET", "/moved", {"ok": 1})
    assert client.send(ask(api, params={"a": 1})).json() == {"ok": 1}
    assert api.requests[1].headers["Authorization"] == f"Bearer {SECRET}"
    assert api.requests[1].queries == {"x": ["1"]}


def test_redirects_that_never_end_are_a_failure(api: FakeApi, client: HttpClient) -> None:
    api.on("GET", "/list", ApiAnswer(b"", status=302, headers={"Location": "/list"}))
    with pytest.raises(ExtractionError, match="redirected more than 5 times"):
        client.send(ask(api))


def test_a_machines_netrc_is_not_sent(
    api: FakeApi, limiter: RecordingLimiter, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password netrc-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    api.on("GET", "/list", {})
    make_client(limiter, NoAuth()).send(ask(api))
    assert "Authorization" not in api.requests[0].headers


def test_the_name_and_password_of_an_address_are_not_sent(api: FakeApi, limiter: RecordingLimiter) -> None:
    api.on("GET", "/list", {})
    address = api.url.replace("//", "//me:address-password@")
    make_client(limiter, NoAuth()).send(Request(url=f"{address}/list", origin=api.url))
    assert "Authorization" not in api.requests[0].headers


def test_a_proxy_of_the_environment_is_used_but_for_the_hosts_it_exempts(
    api: FakeApi, limiter: RecordingLimiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FakeApi() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        proxy.on("GET", "/list", {"through": "the proxy"})
        api.on("GET", "/list", {"through": "nobody"})
        client = make_client(limiter, NoAuth())
        far = Request(url="http://provider.invalid/list", origin="http://provider.invalid")
        assert client.send(far).json() == {"through": "the proxy"}
        assert client.send(ask(api)).json() == {"through": "nobody"}
