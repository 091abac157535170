"""Each kind of proof as the provider checks it: with the real libraries' other half, on the loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from dif_kit.budget import connect
from dif_kit.credentials import Credential
from dif_kit.errors import ConfigError, CredentialError
from dif_kit.http import (
    AllOf,
    ApiKey,
    AuthKind,
    AwsSignature,
    BasicAuth,
    BearerToken,
    HttpClient,
    Jwt,
    JwtBearer,
    OAuth2ClientCredentials,
    OAuth2Password,
    OAuth2Refresh,
    OAuth2ServiceAccount,
    OnlyAt,
    Request,
    Retry,
    Signature,
)
from dif_kit.testing import ApiAnswer, FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FAST = Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        api.on("GET", "/list", {"items": []})
        yield api


def make_client(api: FakeApi, kind: AuthKind, credential: Mapping[str, str], **facts: Any) -> HttpClient:
    signer = kind.bind(Credential(credential), api_url=api.url)
    return HttpClient(authenticator=signer, limiter=connect(None), user_agent="test/1", retry=FAST, **facts)


def ask(api: FakeApi, path: str = "/list", **facts: Any) -> Request:
    return Request(url=api.url + path, origin=api.url, **facts)


def pem(key: Any) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ROBOT = {"client_email": "robot@project.example", "private_key": pem(RSA_KEY), "private_key_id": "key-7"}


# Keys and passwords


@pytest.mark.parametrize(
    ("kind", "credential", "headers", "query"),
    [
        (BearerToken(header="Access-Token", prefix=""), {"access_token": "token-1"}, {"Access-Token": "token-1"}, {}),
        (ApiKey(), {"api_key": "key-value"}, {"X-Api-Key": "key-value"}, {}),
        (
            ApiKey(header="Authorization", prefix="Klaviyo-API-Key "),
            {"api_key": "pk_1"},
            {"Authorization": "Klaviyo-API-Key pk_1"},
            {},
        ),
        (ApiKey(query="api_key"), {"api_key": "a/b+c"}, {}, {"api_key": "a/b+c"}),
        (BasicAuth(), {"user": "ann", "password": "p:w"}, {"Authorization": "Basic YW5uOnA6dw=="}, {}),
        (BasicAuth("sid", None), {"sid": "key-value"}, {"Authorization": "Basic a2V5LXZhbHVlOg=="}, {}),
        (
            AllOf((BearerToken(), ApiKey("developer_token", "developer-token"))),
            {"access_token": "t", "developer_token": "d"},
            {"Authorization": "Bearer t", "developer-token": "d"},
            {},
        ),
    ],
)
def test_a_proof_goes_where_the_provider_looks(
    api: FakeApi, kind: AuthKind, credential: dict[str, str], headers: dict[str, str], query: dict[str, str]
) -> None:
    make_client(api, kind, credential).send(ask(api, params={"own": 1}))
    [seen] = api.requests
    assert headers.items() <= seen.headers.items()
    assert seen.query == {"own": "1", **query}


def test_a_proof_of_one_path_goes_nowhere_else(api: FakeApi) -> None:
    kind = AllOf((OnlyAt("/accounts/get/", ApiKey(value="secret", query="secret")), BearerToken()))
    client = make_client(api, kind, {"access_token": "token-1", "secret": "of-the-app"})
    for path in ("/v1/accounts/get/", "/v1/list"):
        api.on("GET", path, {})
        client.send(ask(api, path))
    assert [request.query for request in api.requests] == [{"secret": "of-the-app"}, {}]
    assert {request.headers["Authorization"] for request in api.requests} == {"Bearer token-1"}


def test_a_key_that_a_next_page_repeats_is_sent_once(api: FakeApi) -> None:
    client = make_client(api, ApiKey(query="api_key"), {"api_key": "new-key-value"})
    client.send(ask(api, "/list?page=2&api_key=old%20key&x=a%2Fb"))
    assert api.requests[0].queries == {"page": ["2"], "x": ["a/b"], "api_key": ["new-key-value"]}


def test_a_key_in_the_query_shows_in_no_error_and_goes_to_no_other_host(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client(api, ApiKey(query="key"), {"api_key": "query/key value"})
    caplog.set_level("DEBUG")
    with FakeApi() as foreign:
        foreign.on("GET", "/file", {})
        client.send(Request(url=f"{foreign.url}/file", origin=api.url))
        assert foreign.requests[0].queries == {}
        api.on(
            "GET", "/list", ApiAnswer(b"no: key=query%2Fkey+value, query%2fkey%20value, query\\/key value", status=401)
        )
        with pytest.raises(CredentialError, match="no: key="):
            client.send(ask(api))
    assert "query/key" not in caplog.text
    assert "query%2Fkey" not in caplog.text


def test_a_credential_that_lacks_a_value_is_told_before_anything_is_sent(api: FakeApi) -> None:
    kinds: list[AuthKind] = [
        BearerToken(), ApiKey(), BasicAuth(), OAuth2Refresh(token_url="{api_url}/token"), Signature("", {}),
        OAuth2ClientCredentials(token_url="{api_url}/token"), AwsSignature("s", "r"), JwtBearer(Jwt()),
        OAuth2Password(token_url="{api_url}/token"), OAuth2ServiceAccount(token_url="{api_url}/token"),
    ]  # fmt: skip
    for kind in kinds:
        with pytest.raises(CredentialError, match=r"the credential has no .*, it holds other"):
            make_client(api, kind, {"other": "x"})


# OAuth 2


def answer_tokens(api: FakeApi, **more: Any) -> None:
    numbers = iter(range(1, 100))
    api.on(
        "POST", "/token", lambda _request: {"access_token": f"token-{next(numbers)}-value", "expires_in": 60, **more}
    )


def test_a_clients_own_credentials_bring_a_token(api: FakeApi) -> None:
    answer_tokens(api)
    kind = OAuth2ClientCredentials(token_url="{api_url}/token", client_auth="form", scope="read")
    client = make_client(api, kind, {"client_id": "app", "client_secret": "app-secret-value"})
    client.send(ask(api))
    client.send(ask(api))
    [token] = api.asked("/token")
    assert token.form == {
        "grant_type": "client_credentials", "client_id": "app", "client_secret": "app-secret-value", "scope": "read",
    }  # fmt: skip
    assert api.requests[-1].headers["Authorization"] == "Bearer token-1-value"


@pytest.mark.parametrize(("own", "asked"), [({}, "/token"), ({"token_uri": "{url}/own"}, "/own")])
def test_a_credential_may_say_itself_where_its_tokens_come_from(api: FakeApi, own: dict[str, str], asked: str) -> None:
    api.on("POST", asked, {"access_token": "token-1-value", "expires_in": 60})
    kind = OAuth2Refresh(token_url="{api_url}/token", token_url_value="token_uri")
    credential = APP | {name: text.format(url=api.url) for name, text in own.items()}
    make_client(api, kind, credential).send(ask(api))
    assert [path for path in api.paths() if path in {"/token", "/own"}] == [asked]
    assert api.requests[-1].headers["Authorization"] == "Bearer token-1-value"


def test_a_users_password_brings_a_token_for_the_scope_in_the_credential(api: FakeApi) -> None:
    answer_tokens(api, refresh_token="not-of-our-credential")
    kind = OAuth2Password(token_url="{api_url}/token", from_credential={"scope": "sid"})
    credential = {
        "client_id": "app",
        "client_secret": "s3cret",
        "username": "ann",
        "password": "pass-word",
        "sid": "42",
    }
    make_client(api, kind, credential).send(ask(api))
    [token] = api.asked("/token")
    assert token.form == {"grant_type": "password", "username": "ann", "password": "pass-word", "scope": "42"}
    assert token.headers["Authorization"] == "Basic " + base64.b64encode(b"app:s3cret").decode()


@pytest.mark.parametrize(("key", "algorithm"), [(RSA_KEY, "RS256"), (EC_KEY, "ES256")])
def test_a_service_account_signs_for_its_token(api: FakeApi, key: Any, algorithm: Any) -> None:
    answer_tokens(api)
    kind = OAuth2ServiceAccount(token_url="{api_url}/token", scope="read", jwt=Jwt(algorithm=algorithm, subject="user"))
    make_client(api, kind, {**ROBOT, "private_key": pem(key), "user": "ann@example.com"}).send(ask(api))
    form = api.asked("/token")[0].form
    assert form["grant_type"] == JWT_GRANT
    audience = f"{api.url}/token"
    claims = jwt.decode(form["assertion"], key.public_key(), algorithms=[algorithm], audience=audience)
    assert (claims["iss"], claims["sub"], claims["scope"]) == ("robot@project.example", "ann@example.com", "read")
    assert claims["exp"] - claims["iat"] == 3600
    assert jwt.get_unverified_header(form["assertion"])["kid"] == "key-7"
    assert "Authorization" not in api.asked("/token")[0].headers


def test_a_client_secret_may_be_signed_anew_for_each_token(api: FakeApi) -> None:
    answer_tokens(api)
    signed = Jwt("https://issuer.example", "ES256", issuer="team_id", subject="client_id", key_id="key_id")
    kind = OAuth2ClientCredentials(token_url="{api_url}/token", client_secret=signed)
    credential = {"client_id": "app", "team_id": "team", "key_id": "k", "private_key": pem(EC_KEY)}
    make_client(api, kind, credential).send(ask(api))
    form = api.asked("/token")[0].form
    claims = jwt.decode(form["client_secret"], EC_KEY.public_key(), ["ES256"], audience="https://issuer.example")
    assert (claims["iss"], claims["sub"], form["client_id"]) == ("team", "app", "app")


def test_a_token_of_ones_own_is_the_proof_itself(api: FakeApi) -> None:
    client = make_client(api, JwtBearer(Jwt(audience="the-api", claims={"bid": "com.example"})), ROBOT)
    client.send(ask(api))
    client.send(ask(api))
    first, second = (request.headers["Authorization"].removeprefix("Bearer ") for request in api.requests)
    assert jwt.decode(first, RSA_KEY.public_key(), ["RS256"], audience="the-api")["bid"] == "com.example"
    assert first == second


@pytest.mark.parametrize("key", ["no key at all", pem(EC_KEY)])
def test_a_private_key_that_does_not_fit_is_told_without_it(api: FakeApi, key: str) -> None:
    with pytest.raises(CredentialError, match="'private_key' is no private key for RS256") as told:
        make_client(api, JwtBearer(Jwt()), {**ROBOT, "private_key": key})
    assert key not in str(told.value)


class FileStore:
    """Keeps a credential in a file, as ``file://`` reads it."""

    def __init__(self, path: Path, values: Mapping[str, str]) -> None:
        self.path = path
        self._write(values)

    def keep(self, changed: Mapping[str, str]) -> None:
        self._write({**json.loads(self.path.read_text()), **changed})

    def _write(self, values: Mapping[str, str]) -> None:
        self.path.write_text(json.dumps(dict(values)))


APP = {"client_id": "app", "client_secret": "app-secret-value", "refresh_token": "refresh-1-value"}


def test_a_rotated_refresh_token_is_kept_before_it_is_used(api: FakeApi, tmp_path: Path) -> None:
    store = FileStore(tmp_path / "credential", APP)
    answer_tokens(api, refresh_token="refresh-2-value")
    kept_before_use: list[str] = []

    def listed(_request: Any) -> dict[str, Any]:
        kept_before_use.append(json.loads(store.path.read_text())["refresh_token"])
        return {}

    api.on("GET", "/list", listed)
    make_client(api, OAuth2Refresh(token_url="{api_url}/token"), APP, rotated=store.keep).send(ask(api))
    assert kept_before_use == ["refresh-2-value"]


def test_a_refresh_token_that_cannot_be_kept_ends_the_run_before_its_use(api: FakeApi) -> None:
    answer_tokens(api, refresh_token="refresh-2-value")

    def full(_changed: Mapping[str, str]) -> None:
        raise CredentialError("the vault is closed")

    with pytest.raises(CredentialError, match="the vault is closed"):
        make_client(api, OAuth2Refresh(token_url="{api_url}/token"), APP, rotated=full).send(ask(api))
    assert not api.asked("/list")


def test_a_refused_credential_is_named_and_asked_for_once_by_all_threads(api: FakeApi) -> None:
    api.on("POST", "/token", ApiAnswer({"error": "invalid_grant"}, status=400))
    client = make_client(api, OAuth2Refresh(token_url="{api_url}/token"), APP, credential_ref="env://ACME_SHOP")
    told: list[str] = []

    def work() -> None:
        with pytest.raises(CredentialError) as error:
            client.send(ask(api))
        told.append(str(error.value))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.asked("/token")) == 1
    assert all(text.startswith("env://ACME_SHOP: the provider refused the credential") for text in told)
    assert all(text.count("env://ACME_SHOP") == 1 for text in told)


# Signatures


def test_a_signature_covers_what_is_sent(api: FakeApi) -> None:
    api.on("POST", "/list", {})
    kind = Signature(
        canonical="{method}\n{path}\n{sorted_query}\n{timestamp}\n{nonce}\n{body_hash}\n{access_key}",
        headers={
            "X-Key": "{access_key}",
            "X-Time": "{timestamp}",
            "X-Nonce": "{nonce}",
            "X-Signature": "v1={signature}",
        },
        timestamp="milliseconds",
    )
    credential = {"access_key": "AK", "secret_key": "signing-secret"}
    make_client(api, kind, credential).send(ask(api, params={"b": "x y", "a": [1, 2]}, json={"n": 1}, method="POST"))
    [seen] = api.requests
    assert seen.queries == {"b": ["x y"], "a": ["1", "2"]}
    body = hashlib.sha256(seen.content).hexdigest()
    text = f"POST\n/list\na=1&a=2&b=x+y\n{seen.headers['X-Time']}\n{seen.headers['X-Nonce']}\n{body}\nAK"
    assert seen.headers["X-Signature"] == "v1=" + hmac.digest(b"signing-secret", text.encode(), "sha256").hex()
    assert len(seen.headers["X-Time"]) == 13


@pytest.mark.parametrize("form", ["text", "hex", "base64"])
def test_a_key_may_be_written_in_several_forms(api: FakeApi, form: Any) -> None:
    written = {"text": "0123456789abcdef", "hex": b"0123456789abcdef".hex(), "base64": "MDEyMzQ1Njc4OWFiY2RlZg=="}[form]
    kind = Signature("{method}", {"S": "{signature}"}, algorithm="hmac-sha512", encoding="base64", key_form=form)
    make_client(api, kind, {"secret_key": written}).send(ask(api))
    expected = base64.b64encode(hmac.digest(b"0123456789abcdef", b"GET", "sha512")).decode()
    assert api.requests[0].headers["S"] == expected
    if form != "text":
        with pytest.raises(CredentialError, match=f"'secret_key' is not written as {form}"):
            make_client(api, kind, {"secret_key": "?!"})


def test_a_private_key_signs_requests_too(api: FakeApi) -> None:
    kind = Signature(
        canonical="{consumer}\n{timestamp}\n",
        headers={"Sig": "{signature}", "At": "{timestamp}"},
        key="private_key",
        algorithm="rsa-sha256",
        encoding="base64",
        timestamp="basic",
    )
    make_client(api, kind, {"consumer": "c-1", "private_key": pem(RSA_KEY)}).send(ask(api))
    headers = api.requests[0].headers
    RSA_KEY.public_key().verify(
        base64.b64decode(headers["Sig"]), f"c-1\n{headers['At']}\n".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    with pytest.raises(CredentialError, match="no RSA private key"):
        make_client(api, kind, {"consumer": "c-1", "private_key": pem(EC_KEY)})


def test_a_signature_that_names_what_is_not_there_is_a_wrong_fact(api: FakeApi) -> None:
    with pytest.raises(ConfigError, match="'nothing'"):
        make_client(api, Signature("{nothing}", {}), {"secret_key": "key-value"}).send(ask(api))


def test_an_aws_signature_is_the_one_that_aws_would_make(api: FakeApi) -> None:
    api.on("POST", "/list", {})
    keys = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "aws-secret-value", "session_token": "session-value"}
    client = make_client(api, AwsSignature("execute-api", "eu-west-1"), keys)
    client.send(ask(api, params={"b": "x y", "a": 1}, json={"n": 1}, method="POST"))
    [seen] = api.requests
    signed = {name.lower(): value for name, value in seen.headers.items()}
    names = signed["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token", "content-type"} <= set(names)
    check = AWSRequest("POST", f"{api.url}/list?b=x+y&a=1", headers={n: signed[n] for n in names}, data=seen.content)
    check.context["timestamp"] = signed["x-amz-date"]
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "aws-secret-value", "session-value"), "execute-api", "eu-west-1")
    assert signed["authorization"].endswith(
        signer.signature(signer.string_to_sign(check, signer.canonical_request(check)), check)
    )
