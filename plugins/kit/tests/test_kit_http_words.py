"""What providers say about waiting and failing, what redirects may see, what a person may read."""

from __future__ import annotations

import base64
import itertools
import json
import logging
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from dif_kit.budget import connect
from dif_kit.credentials import Credential, excerpt, redact, register_secrets
from dif_kit.decode import XmlRecords
from dif_kit.errors import CredentialError, Deferred, ExtractionError
from dif_kit.http import (
    BearerToken,
    Bounds,
    HttpClient,
    Match,
    PartitionSkippedError,
    Request,
    Retry,
    Verdicts,
)
from dif_kit.http._retry import wait_asked_for
from dif_kit.testing import ApiAnswer, FakeApi
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "s/cr+t very-secret=value"
FAST = Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


@pytest.fixture
def client() -> HttpClient:
    return make_client()


def make_client(retry: Retry = FAST, **facts: Any) -> HttpClient:
    signer = BearerToken().bind(Credential({"access_token": SECRET}), api_url="")
    return HttpClient(authenticator=signer, limiter=connect(None), user_agent="test/1", retry=retry, **facts)


def ask(api: FakeApi, path: str = "/list", **facts: Any) -> Request:
    return Request(url=api.url + path, origin=api.url, **facts)


# Waiting


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7), ("2.0", 2), ("0.5", 0.5), ("0", 0), ("-5", 0), ("-0.1", 0), (" 7 ", 7), ("1e2", 100),
        (str(int(NOW) + 60), 60), (str(NOW + 0.5), 0.5), (str(int(NOW) * 1000 + 1500), 1.5), (str(int(NOW) - 60), 0),
        (formatdate(NOW + 90, usegmt=True), 90), (formatdate(NOW - 90, usegmt=True), 0),
        ("Mon, 23 Nov 2026 14:01:00 +0200", 60), ("Mon, 23 Nov 2026 12:01:00 -0000", 60),
        ("99999999", 99999999), ("", None), ("soon", None), ("nan", None), ("inf", None), ("-inf", 0), ("1e400", None),
        ("Mon, 99 Nov 2026 12:01:00 GMT", None), ("7, 8", None), ("0x10", None),
    ],
)  # fmt: skip
def test_every_form_of_retry_after_is_seconds_or_nothing(text: str, seconds: float | None) -> None:
    asked = wait_asked_for({"Retry-After": text}, now=NOW)
    assert asked == (seconds if seconds is None else pytest.approx(seconds, abs=0.01))


@given(st.text(max_size=30) | st.floats().map(str) | st.integers().map(str))
def test_no_retry_after_is_a_crash_or_a_wait_into_the_past(text: str) -> None:
    seconds = wait_asked_for({"Retry-After": text}, now=NOW)
    assert seconds is None or 0 <= seconds < float("inf")


def test_waits_grow_by_jitter_and_never_beyond_their_bounds() -> None:
    for _ in range(50):
        waits = Retry(first_seconds=0.5, longest_seconds=20).waits()
        drawn = [next(waits) for _ in range(30)]
        assert drawn[0] == 0.5
        assert all(0.5 <= later <= min(20, 3 * earlier) for earlier, later in itertools.pairwise(drawn))
        assert len(set(drawn)) > 5
        assert max(drawn) > 3


def test_a_limit_that_is_not_named_is_taken_for_a_larger_one_with_each_refusal(api: FakeApi) -> None:
    verdicts = Verdicts(code="code", ok={0}, throttled={40100}, waits={40100: (0.01, 4000.0)})
    api.on("GET", "/list", [{"code": 40100}, {"code": 0}, {"code": 40100}, {"code": 40100}])
    client = make_client()
    assert client.send(replace(ask(api), verdicts=verdicts)).json() == {"code": 0}
    with pytest.raises(Deferred) as told:
        client.send(replace(ask(api), verdicts=verdicts))
    assert len(api.requests) == 4
    assert 3900 < told.value.retry_at - time.time() <= 4000


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_server_may_say_when_to_come_back(api: FakeApi, status: int) -> None:
    api.on("GET", "/list", ApiAnswer({}, status=status, headers={"Retry-After": "4000"}))
    with pytest.raises(Deferred) as told:
        make_client().send(ask(api))
    assert 3900 < told.value.retry_at - time.time() <= 4000


def test_the_defaults_give_an_unreachable_host_about_ten_seconds() -> None:
    assert Bounds().connect_seconds * 2 <= Bounds().reach_seconds <= 10


# Faults in XML

FAULT = b'<?xml version="1.0"?><fault><errorcode>%d</errorcode><errorstring>Usage Quota Exceeded</errorstring></fault>'
XML = Verdicts(
    code="fault.errorcode",
    message="fault.errorstring",
    throttled=frozenset({30}),
    skip_partition=frozenset({Match(code=31, text="quota")}),
)


def test_a_fault_in_xml_with_200_is_judged_by_its_code(api: FakeApi) -> None:
    facts = {"verdicts": XML, "decoder": XmlRecords("all/item")}
    good = b"<all><item><id>1</id></item></all>"
    api.on("GET", "/list", [ApiAnswer(FAULT % 30), ApiAnswer(good)])
    assert list(XmlRecords("all/item").records(make_client().send(ask(api, **facts)))) == [{"id": "1"}]
    assert len(api.requests) == 2
    api.on("GET", "/list", ApiAnswer(FAULT % 31))
    with pytest.raises(PartitionSkippedError):
        make_client().send(ask(api, **facts))
    api.on("GET", "/list", ApiAnswer(FAULT % 32))
    with pytest.raises(ExtractionError, match="Usage Quota Exceeded"):
        make_client().send(ask(api, **facts))
    assert len(api.requests) == 4
    api.on("GET", "/list", ApiAnswer(FAULT % 31, status=400))
    with pytest.raises(PartitionSkippedError):
        make_client().send(ask(api, **facts))


def test_a_quota_told_as_plain_text_is_judged_by_its_words(api: FakeApi) -> None:
    verdicts = Verdicts(throttled=frozenset({Match(status=403, text="limit reached for")}))
    api.on("GET", "/list", [ApiAnswer(b"Limit reached for installs_report", status=403), {}])
    make_client().send(ask(api, verdicts=verdicts))
    assert len(api.requests) == 2


# Redirects


def test_another_port_is_another_host(api: FakeApi, client: HttpClient) -> None:
    with FakeApi() as other:
        other.on("GET", "/file", {})
        for status in (301, 302, 303, 307, 308):
            api.on("GET", "/list", ApiAnswer(b"", status=status, headers={"Location": other.url + "/file"}))
            client.send(ask(api, headers={"X-Developer-Key": "k"}))
            client.download(ask(api, headers={"X-Developer-Key": "k"})).close()
        assert len(other.requests) == 10
        assert not any({"Authorization", "X-Developer-Key"} & set(request.headers) for request in other.requests)


def test_a_detour_over_another_host_does_not_bring_the_credential_back(api: FakeApi, client: HttpClient) -> None:
    with FakeApi() as other:
        api.on("GET", "/list", ApiAnswer(b"", status=302, headers={"Location": other.url + "/there"}))
        other.on("GET", "/there", ApiAnswer(b"", status=302, headers={"Location": api.url + "/back"}))
        api.on("GET", "/back", {})
        client.send(ask(api))
    assert "Authorization" not in api.asked("/back")[0].headers


def test_a_body_is_not_sent_on_to_another_host(api: FakeApi, client: HttpClient) -> None:
    with FakeApi() as other:
        api.on("POST", "/list", ApiAnswer(b"", status=307, headers={"Location": other.url + "/there"}))
        with pytest.raises(ExtractionError, match="a POST was redirected to another host"):
            client.send(ask(api, method="POST", json={"secret": 1}))
        assert not other.requests


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def secure(api: FakeApi, path: Path, seen: list[str | None]) -> Iterator[str]:
    """The URL of a server with TLS that sends everybody to the API without it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(302)
            self.send_header("Location", api.url.replace("127.0.0.1", "localhost") + "/plain")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that does not trust the certificate hangs up."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()


def test_a_redirect_from_https_to_http_loses_the_credential(
    api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = certificate(tmp_path), []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    api.on("GET", "/plain", {})
    with secure(api, path, seen) as url:
        client = make_client()
        client.send(Request(url=f"{url}/list", origin=url))
        client.close()
    assert seen == [f"Bearer {SECRET}"]
    assert "Authorization" not in api.asked("/plain")[0].headers


def test_a_certificate_that_nobody_vouches_for_is_told_soon(api: FakeApi, tmp_path: Path) -> None:
    patient = make_client(Retry(attempts=50, first_seconds=0.01, longest_seconds=0.1), bounds=Bounds(reach_seconds=0.1))
    with (
        secure(api, certificate(tmp_path), []) as url,
        pytest.raises(ExtractionError, match=r"certificate.*never reached in this run"),
    ):
        patient.send(Request(url=f"{url}/list", origin=url))


# What a person reads


def test_a_secret_shows_in_none_of_its_forms() -> None:
    register_secrets([SECRET])
    basic = base64.b64encode(SECRET.encode()).decode()
    forms = [SECRET, quote_plus(SECRET), json.dumps(SECRET), SECRET.replace("/", "\\/"), basic, basic.rstrip("=")]
    forms += ["s%2fcr%2bt%20very-secret%3dvalue", "s%2Fcr%2Bt+very-secret%3Dvalue"]
    for form in forms:
        assert "very-secret" not in redact(f"before {form} behind")
        assert form.strip('"') not in redact(f"before {form} behind")
        assert redact(f"before {form} behind").startswith("before ")


def test_an_excerpt_moves_no_cursor_and_turns_no_letter_round() -> None:
    said = "no\x1b[2J\x1b]0;evil\x07 \u202eytnuob\u202c \x9b31m\r\nsuch thing"
    assert excerpt(said.encode()) == "no [2J ]0;evil ytnuob 31m such thing"


def test_an_excerpt_that_ends_inside_a_secret_does_not_show_its_beginning() -> None:
    token = "A" * 10 + "very-long-token" * 20
    register_secrets([token])
    for padding in range(5600, 6000, 7):
        text = excerpt(b" " * padding + token.encode() + b" behind")
        assert "very-long" not in text


def test_a_wrong_address_a_refusal_and_a_log_hold_no_secret(api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = make_client(credential_ref="file:///run/secrets/shop")
    api.on("GET", "/list", ApiAnswer({"echo": SECRET, "url": f"/list?key={quote_plus(SECRET)}"}, status=401))
    with pytest.raises(CredentialError, match=r"^file:///run/secrets/shop: the provider refused") as told:
        client.send(ask(api, params={"key": SECRET}))
    texts = [str(told.value), caplog.text, repr(client)]
    for form in (SECRET, quote_plus(SECRET), "very-secret"):
        assert not [text for text in texts if form in text]


@pytest.mark.parametrize("document", [{"Errors": [{"Code": 117}]}, {"Errors": [], "OperationErrors": [{"Code": 117}]}])
def test_a_code_may_stand_in_one_of_several_places(api: FakeApi, client: HttpClient, document: dict[str, Any]) -> None:
    verdicts = Verdicts(code=("Errors.*.Code", "OperationErrors.*.Code"), skip_partition=frozenset({117}))
    api.on("GET", "/list", ApiAnswer(document, status=400))
    with pytest.raises(PartitionSkippedError):
        client.send(ask(api, verdicts=verdicts))


def test_an_error_shows_the_body_short_and_without_secrets(api: FakeApi, client: HttpClient) -> None:
    body = {"message": f"no {SECRET}", "access_token": "other-token", "mail": "ann@example.com", "pad": "x" * 5000}
    api.on("GET", "/list", ApiAnswer(body, status=400))
    with pytest.raises(ExtractionError) as told:
        client.send(ask(api))
    text = str(told.value)
    assert len(text) < 450
    assert not [secret for secret in (SECRET, "other-token", "ann@example.com") if secret in text]


def test_no_log_record_holds_a_registered_secret(client: HttpClient, caplog: pytest.LogCaptureFixture) -> None:
    try:
        {}[f"inside {SECRET}"]
    except KeyError:
        logging.getLogger("anything").exception("failed with %s", SECRET)
        logging.getLogger("anything").exception("failed")
    assert SECRET not in caplog.text
    assert "failed with ***" in caplog.text
    assert "KeyError: 'inside ***'" in caplog.text
    assert not [record for record in caplog.records if record.exc_info]
    assert SECRET not in repr(BearerToken().bind(Credential({"access_token": SECRET}), api_url=""))
