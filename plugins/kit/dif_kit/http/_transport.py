"""The only place with a socket to a provider."""

from __future__ import annotations

import io
import re
import time
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import urllib3

from dif_kit.credentials import redact
from dif_kit.decode import Limits, UndecodableError, open_gzip
from dif_kit.errors import ConfigError, ExtractionError
from dif_kit.http._address import is_same_origin, led_to, no_address
from dif_kit.http._answer import Answer
from dif_kit.http._bounds import Bounds
from dif_kit.http._download import Download
from dif_kit.http._request import query_values
from dif_kit.http._session import Sessions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.http._download import Spool
    from dif_kit.http._request import Request

__all__ = ["Transport", "TransportError"]

_LONGEST_REDIRECT: Final = 5
_KEEPS_METHOD: Final = {307, 308}
_PIECE: Final = 1 << 18
# Of an error's body, the beginning tells; a page of a proxy may be any size.
_LONGEST_ERROR: Final = 1 << 20
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class TransportError(Exception):
    """No whole answer came. The message says what happened and holds no secret."""

    def __init__(self, message: str, *, is_unreached: bool = False) -> None:
        super().__init__(message)
        #: True if nobody answered at all.
        self.is_unreached = is_unreached


class Transport:
    """Sends requests through one pooled session a thread. Does not retry, does not judge."""

    def __init__(self, *, user_agent: str, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._sessions = Sessions(user_agent=user_agent)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._sessions.close()

    def exchange(self, request: Request, plain: Request) -> Answer:
        """The answer to ``request`` in memory, redirects followed.

        ``plain`` is the same request without the credential; it is what another origin gets to see.

        Raises:
            TransportError: no whole answer came.
            ExtractionError: the answer is too large, or packed in a way that was not asked for.
            ConfigError: the address is no address.
        """
        deadline = time.monotonic() + self._bounds.answer_seconds
        with self._final(request, plain, {}, deadline) as (url, response):
            return self._in_memory(url, response, deadline)

    def download(self, request: Request, plain: Request, spool: Spool) -> Download | Answer:
        """The good answer to ``request`` in ``spool``, gone on with where the last try broke off; another in memory.

        Raises:
            TransportError: no whole answer came; what came may stay in the spool for the next try.
            ExtractionError: the answer is too large for the bounds or for the disk.
            ConfigError: the address is no address.
        """
        deadline = time.monotonic() + self._bounds.download_seconds
        if request.method != "GET" or spool.version is None:
            spool.reset()
        more = {"Range": f"bytes={spool.size}-", "If-Range": spool.version or ""} if spool.size else {}
        with self._final(request, plain, more, deadline) as (url, response):
            if response.status_code == HTTPStatus.PARTIAL_CONTENT and more:
                _expect_rest(response, spool)
            elif HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                spool.reset()
                spool.version, spool.encoding = _version(response), _encoding(response)
            elif response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and more:
                spool.reset()
                raise TransportError("the rest of the download is refused")
            else:
                return self._in_memory(url, response, deadline)
            self._fill(spool, response, deadline)
            return Download(url=url, status=HTTPStatus.OK, headers=response.headers, spool=spool)

    def _in_memory(self, url: str, response: requests.Response, deadline: float) -> Answer:
        is_error = response.status_code >= HTTPStatus.BAD_REQUEST
        most = _LONGEST_ERROR if is_error else self._bounds.answer_bytes
        content, held = [], 0
        for piece in _pieces(response, deadline):
            content.append(piece)
            held += len(piece)
            if held > most:
                if not is_error:
                    raise _too_large(most, "answer_bytes")
                break
        whole = b"".join(content)
        if is_error and "Content-Encoding" in response.headers:
            whole = _unpacked_error(whole)
        elif whole and _encoding(response):
            whole = _unpacked(whole, most)
        return Answer(url=url, status=response.status_code, headers=response.headers, content=whole)

    def _fill(self, spool: Spool, response: requests.Response, deadline: float) -> None:
        for piece in _pieces(response, deadline):
            if spool.size + len(piece) > self._bounds.download_bytes:
                raise _too_large(self._bounds.download_bytes, "download_bytes")
            spool.write(piece)

    @contextmanager
    def _final(
        self, request: Request, plain: Request, more: Mapping[str, str], deadline: float
    ) -> Iterator[tuple[str, requests.Response]]:
        """The answer behind the redirects, its body unread. Its connection is used again only if that is read whole."""
        url, method, params = request.url, request.method, request.params
        hop = request if is_same_origin(url, request.origin) else plain
        for _ in range(_LONGEST_REDIRECT + 1):
            response = self._send(method, url, replace(hop, headers={**hop.headers, **more}), params)
            try:
                location = response.headers.get("Location")
                if not response.is_redirect or location is None:
                    yield url, response
                    return
                for _piece in _pieces(response, deadline):
                    break  # a redirect has a line of text, if that
            except BaseException:
                response.raw.close()
                raise
            finally:
                _give_back(response)
            url, params = led_to(location, by=url), {}
            if response.status_code not in _KEEPS_METHOD:
                method = "GET"
            if not is_same_origin(url, request.origin):
                if method != "GET":
                    raise TransportError(f"a {method} was redirected to another host ({urlsplit(url).hostname})")
                hop = replace(plain, headers={})
        raise TransportError(f"redirected more than {_LONGEST_REDIRECT} times")

    def _send(self, method: str, url: str, request: Request, params: Mapping[str, Any]) -> requests.Response:
        headers = dict(request.headers)
        data, kind = request.payload() if method != "GET" else (None, None)
        if kind is not None:
            headers.setdefault("Content-Type", kind)
        try:
            return self._sessions.of_this_thread().request(
                method,
                url,
                params=query_values(params),
                data=data,
                headers=headers,
                proxies=self._sessions.proxies(url),
                verify=self._sessions.verify,
                timeout=(self._bounds.connect_seconds, self._bounds.read_seconds),
                allow_redirects=False,
                stream=True,
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise no_address(url) from error
        except requests.exceptions.InvalidSchema as error:
            raise ConfigError(f"neither http nor https: {url.partition('?')[0]!r} (look at api_url)") from error
        except requests.RequestException as error:
            raise self._failure(error) from None

    def _failure(self, error: requests.RequestException) -> TransportError:
        """What happened, in words. The library's own texts hold whole addresses, queries included."""
        match error:
            case requests.ConnectTimeout():
                return TransportError(f"no connection within {self._bounds.connect_seconds:g} s", is_unreached=True)
            case requests.ReadTimeout():
                return TransportError(f"silent for {self._bounds.read_seconds:g} s")
            case requests.exceptions.ChunkedEncodingError() | requests.exceptions.ContentDecodingError():
                return TransportError("the answer broke off")
        if unread := next((cause for cause in _causes(error) if isinstance(cause, HTTPException) and str(cause)), None):
            return TransportError(f"the head of the answer cannot be read ({redact(str(unread))})")
        reason = next((cause.strerror for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror), "")
        is_unreached = isinstance(error, requests.exceptions.SSLError | requests.exceptions.ProxyError) or any(
            isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in _causes(error)
        )
        described = redact(reason) or type(error).__name__
        return TransportError(f"connection failed ({described})", is_unreached=is_unreached)


def _pieces(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """The body as it comes, packed as it was sent."""
    try:
        while piece := response.raw.read1(_PIECE, decode_content=False):
            yield piece
            if time.monotonic() > deadline:
                raise TransportError("the answer drips: it was not whole within its time")
    except urllib3.exceptions.ReadTimeoutError:
        raise TransportError("the answer fell silent") from None
    except (urllib3.exceptions.HTTPError, OSError):
        raise TransportError("the answer broke off") from None


def _give_back(response: requests.Response) -> None:
    """Let the next request have the connection; one with an unread rest is closed."""
    if not response.raw.isclosed():
        response.raw.close()
    response.raw.release_conn()


def _encoding(response: requests.Response) -> str:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return ""
    if encoding in {"gzip", "x-gzip"}:
        return "gzip"
    raise ExtractionError(f"the answer is packed as {encoding!r}, gzip was asked for")


def _unpacked(packed: bytes, most: int) -> bytes:
    try:
        with open_gzip(io.BytesIO(packed), Limits()) as stream:
            content = stream.read(most + 1)
    except UndecodableError as error:
        raise TransportError(f"the answer broke off ({error})") from None
    if len(content) > most:
        raise _too_large(most, "answer_bytes")
    return content


def _unpacked_error(packed: bytes) -> bytes:
    """What can be read of an error's body: its status counts whatever that is."""
    try:
        with open_gzip(io.BytesIO(packed), Limits()) as stream:
            return stream.read(_LONGEST_ERROR)
    except UndecodableError:
        return b""


def _too_large(most: int, bound: str) -> ExtractionError:
    return ExtractionError(f"the answer is larger than {most} bytes (Bounds.{bound}): ask for smaller pages or ranges")


def _version(response: requests.Response) -> str | None:
    """A strong ETag: with it, two parts of a download are known to be of the same file."""
    tag: str | None = response.headers.get("ETag")
    return tag if tag is not None and tag.startswith('"') else None


def _expect_rest(response: requests.Response, spool: Spool) -> None:
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None or int(found[1]) != spool.size or _encoding(response) != spool.encoding:
        spool.reset()
        raise TransportError("the answer is another part than the one that was asked for")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(8):
        if error is None:
            return
        yield error
        following = error.__cause__ or error.__context__
        error = following or next((part for part in error.args if isinstance(part, BaseException)), None)
