"""The connections of a process to its provider: one pooled session a thread, set up so that nothing leaks into it."""

from __future__ import annotations

import os
import threading
import weakref
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from dif_kit.http._departure import TellingAdapter

__all__ = ["Sessions"]


class Sessions:
    """Sessions that keep no cookies, and what the environment says of proxies and certificates.

    The environment is looked at once, as requests reads it. Left to itself, requests goes through all variables twice
    for each request: a fifth of what one costs the processor.
    """

    def __init__(self, *, user_agent: str) -> None:
        self._user_agent = user_agent
        self._local = threading.local()
        # Weak: the session of a thread that has ended goes with it.
        self._open: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._proxies: dict[tuple[str, str], dict[str, str]] = {}
        #: The file of certificates that the machine trusts; True for those that requests brings along.
        self.verify: str | bool = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def of_this_thread(self) -> requests.Session:
        """The thread's session, made at its first request."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._made()
            self._open.add(session)
        return session

    def proxies(self, url: str) -> dict[str, str]:
        """The proxies for an address, by scheme; none for a host that is to be reached without."""
        parts = urlsplit(url)
        origin = parts.scheme, parts.netloc
        if origin not in self._proxies:
            self._proxies[origin] = get_environ_proxies(url)
        return self._proxies[origin]

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in list(self._open):
            session.close()

    def _made(self) -> requests.Session:
        session = requests.Session()
        adapter = TellingAdapter(pool_connections=8, pool_maxsize=2, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # Only what is unpacked here, where half a file is noticed and a bomb is refused.
        session.headers.update({"User-Agent": self._user_agent, "Accept-Encoding": "gzip"})
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Without these two, requests would send what a .netrc of this machine, or an address, holds for the host.
        session.trust_env = False
        session.auth = _unchanged
        return session


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
