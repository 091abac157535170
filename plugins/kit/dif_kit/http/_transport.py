"""The only place with a socket to a provider."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter

from dif_kit.errors import ConfigError
from dif_kit.http._messages import Answer
from dif_kit.http._redact import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.http._messages import Request

__all__ = ["Transport", "TransportError", "is_same_origin"]

_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 120.0  # between two bytes, not for the whole answer
_LONGEST_REDIRECT: Final = 5
_KEEPS_METHOD: Final = {307, 308}


class TransportError(Exception):
    """No whole answer came. The message says what happened and holds no secret."""


class Transport:
    """Sends requests through one pooled session a thread. Does not retry, does not judge."""

    def __init__(self, *, user_agent: str) -> None:
        self._user_agent = user_agent
        self._local = threading.local()

    def close(self) -> None:
        """Close this thread's connections."""
        session: requests.Session | None = self._local.__dict__.pop("session", None)
        if session is not None:
            session.close()

    def exchange(self, request: Request, plain: Request) -> Answer:
        """The answer to ``request``, redirects followed.

        ``plain`` is the same request without the credential; it is what another origin gets to see.

        Raises:
            TransportError: no whole answer came.
            ConfigError: the address is no address.
        """
        url, method, params = request.url, request.method, request.params
        hop = request if is_same_origin(url, request.origin) else plain
        for _ in range(_LONGEST_REDIRECT + 1):
            response = self._send(method, url, hop, params)
            location = response.headers.get("Location")
            if not response.is_redirect or location is None:
                return Answer(url=url, status=response.status_code, headers=response.headers, content=response.content)
            url, params = urljoin(url, location), {}
            if response.status_code not in _KEEPS_METHOD:
                method = "GET"
            if not is_same_origin(url, request.origin):
                if method != "GET":
                    raise TransportError(f"a {method} was redirected to another host ({urlsplit(url).hostname})")
                hop = replace(plain, headers={})
        raise TransportError(f"redirected more than {_LONGEST_REDIRECT} times")

    def _send(self, method: str, url: str, request: Request, params: Mapping[str, Any]) -> requests.Response:
        headers = dict(request.headers)
        data: bytes | Mapping[str, str] | None = None
        if method != "GET" and request.json is not None:
            data = msgspec.json.encode(request.json)
            headers.setdefault("Content-Type", "application/json")
        elif method != "GET":
            data = request.form
        try:
            return self._session().request(
                method,
                url,
                params={name: _query_value(value) for name, value in params.items()},
                data=data,
                headers=headers,
                timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                allow_redirects=False,
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise ConfigError(f"not an address: {url.partition('?')[0]!r} (look at api_url)") from error
        except requests.exceptions.InvalidSchema as error:
            raise ConfigError(f"neither http nor https: {url.partition('?')[0]!r} (look at api_url)") from error
        except requests.RequestException as error:
            raise TransportError(_describe(error)) from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            adapter = HTTPAdapter(pool_connections=8, pool_maxsize=2, max_retries=0)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            session.headers["User-Agent"] = self._user_agent
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            # Without it, requests would send what a .netrc of this machine holds for the host.
            session.auth = _unchanged
            self._local.session = session
        return session


def is_same_origin(url: str, other: str) -> bool:
    """Whether two addresses share scheme, host and port: the reach of a credential."""
    return _origin(url) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _query_value(value: Any) -> Any:  # noqa: ANN401 - what a query may hold
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [_query_value(item) for item in value]
    return value


def _describe(error: requests.RequestException) -> str:
    """What happened, in words. The library's own texts hold whole addresses, queries included."""
    match error:
        case requests.ConnectTimeout():
            return f"no connection within {_CONNECT_SECONDS:g} s"
        case requests.ReadTimeout():
            return f"silent for {_READ_SECONDS:g} s"
        case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
            return "the answer broke off"
    cause: BaseException | None = error
    for _ in range(8):
        if isinstance(cause, OSError) and cause.strerror:
            return f"connection failed ({redact(cause.strerror)})"
        following = cause.__cause__ or cause.__context__ if cause is not None else None
        cause = following or next((a for a in getattr(cause, "args", ()) if isinstance(a, BaseException)), None)
    return f"connection failed ({type(error).__name__})"
