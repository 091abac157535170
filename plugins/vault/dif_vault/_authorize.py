"""A person grants access in a browser: OAuth 2's authorization code with PKCE, sent back to this machine.

RFC 6749 section 4.1, RFC 7636 (S256), RFC 8252 section 7.3 (a loopback address as redirect).
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from dif_kit.credentials import excerpt, register_secrets
from dif_kit.errors import ConfigError, CredentialError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Authorization", "authorize", "known_authorization"]

_GROUP: Final = "dif_kit.authorization"
_HOST: Final = "127.0.0.1"
_PATH: Final = "/callback"
_SECONDS: Final = 30.0
_PAGE: Final = "<!doctype html><title>dif</title><p>{}</p><p>You can close this window.</p>"


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where a provider asks its users, and where it gives tokens."""

    authorize_url: str
    token_url: str
    scopes: Sequence[str] = ()
    scope_separator: str = ","
    client_auth: Literal["basic", "form"] = "basic"
    token_parameters: Mapping[str, str] = field(default_factory=dict)
    """What a request for a token says besides what the standard asks for."""


def known_authorization(connector: str) -> Authorization | None:
    """What the package of a channel says in the entry point group ``dif_kit.authorization``; None if nothing."""
    found = entry_points(group=_GROUP, name=connector)
    return Authorization(**next(iter(found)).load()) if found else None


def authorize(
    provider: Authorization, app: Mapping[str, str], *, port: int, show: Callable[[str], object], patience: float
) -> dict[str, str]:
    """The values of a credential: the app's own, and the tokens that the user granted.

    ``show`` is given the address that the user must open; ``port`` 0 takes a free one, where the provider allows any.

    Raises:
        CredentialError: the user or the provider refused, or nobody came in time.
        ConfigError: the port is taken.
    """
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    with _Listener(state, port) as listener:
        asked = {
            "response_type": "code",
            "client_id": app["client_id"],
            "redirect_uri": listener.url,
            "scope": provider.scope_separator.join(provider.scopes),
            "state": state,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(provider.authorize_url).query else "?"
        show(f"{provider.authorize_url}{joint}{urlencode(asked)}")
        code = listener.wait(patience)
        return {**app, **_exchange(provider, app, code, verifier, listener.url)}


def _exchange(
    provider: Authorization, app: Mapping[str, str], code: str, verifier: str, redirect: str
) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
    form |= provider.token_parameters
    proof = (app["client_id"], app["client_secret"])
    if provider.client_auth == "form":
        form |= {"client_id": proof[0], "client_secret": proof[1]}
    try:
        answer = requests.post(
            provider.token_url,
            data=form,
            auth=proof if provider.client_auth == "basic" else None,
            headers={"Accept": "application/json"},
            timeout=_SECONDS,
            allow_redirects=False,
        )
        said: Any = answer.json() if answer.ok else {}
    except requests.exceptions.JSONDecodeError:
        raise CredentialError(f"{provider.token_url}: the answer to the request for a token is no JSON") from None
    except requests.RequestException as error:
        raise CredentialError(f"{provider.token_url} cannot be reached: {type(error).__name__}") from None
    given = said if isinstance(said, dict) else {}
    tokens = {name: given[name] for name in ("refresh_token", "access_token") if isinstance(given.get(name), str)}
    if not tokens:
        # The answer may say again what was sent.
        register_secrets([*app.values(), code, verifier])
        words = f"HTTP {answer.status_code} {excerpt(answer.content)}".strip()
        raise CredentialError(f"{provider.token_url} gave no token: {words}")
    # Who has a refresh token needs no access token that ends within the hour.
    return {"refresh_token": tokens["refresh_token"]} if "refresh_token" in tokens else tokens


class _Listener:
    """The loopback address that the provider sends the user's browser back to; hears one answer to our question."""

    def __init__(self, state: str, port: int) -> None:
        self._state = state
        self._heard = threading.Event()
        self._answer: dict[str, str] = {}
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                status, text = listener.hear(parts.path, query)
                page = _PAGE.format(html.escape(text)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_arguments: Any) -> None:  # noqa: ANN401 - the code stands in the request line
                pass

        try:
            self._server = _Server((_HOST, port), Handler)
        except OSError as error:
            raise ConfigError(f"port {port} of {_HOST} cannot be used: {error.strerror}") from None
        self.url = f"http://{_HOST}:{self._server.server_address[1]}{_PATH}"

    def hear(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        """Take an answer; what the browser shows."""
        if path != _PATH:
            return 404, "There is nothing here."
        if not secrets.compare_digest(query.get("state", ""), self._state):
            return 400, "This answer belongs to another question."
        self._answer = query
        self._heard.set()
        return (200, "Access was granted.") if "code" in query else (200, "Access was not granted.")

    def wait(self, seconds: float) -> str:
        """The code that the provider sent."""
        if not self._heard.wait(seconds):
            raise CredentialError(f"nobody granted access within {seconds:.0f} s: run it again")
        if "code" not in self._answer:
            raise CredentialError(f"the provider granted no access: {self._answer.get('error', 'it gave no reason')}")
        return self._answer["code"]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="vault-authorize", daemon=True).start()
        return self

    def __exit__(self, *_arguments: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
