"""What each answer to a question puts into the files of a new tap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["AUTHS", "PAGINGS", "AuthWords", "PagingWords"]


@dataclass(frozen=True, slots=True)
class AuthWords:
    """A way to sign: the fact, a made-up credential for tests, and how the fake API knows a signed request."""

    fact: str
    credential: dict[str, str]
    proof: str
    words: str
    fetches_token: bool = False


@dataclass(frozen=True, slots=True)
class PagingWords:
    """A way to page: the fact, and the lines with which the fake API cuts its rows in two."""

    fact: str
    page: tuple[str, ...]


_HEADERS: Final = "headers = {name.lower(): value for name, value in request.headers.items()}\n    "
_OAUTH: Final = _HEADERS + 'return headers.get("authorization") == "Bearer token-of-an-hour"'

AUTHS: Final = {
    "none": AuthWords("NoAuth()", {}, 'return request.method == "GET"', "The API asks for none."),
    "bearer": AuthWords(
        "BearerToken()",
        {"access_token": "token-of-the-tests"},
        _HEADERS + 'return headers.get("authorization") == "Bearer token-of-the-tests"',
        "`credential_ref` names a JSON object with `access_token`.",
    ),
    "api-key": AuthWords(
        "ApiKey()",
        {"api_key": "key-of-the-tests"},
        _HEADERS + 'return headers.get("x-api-key") == "key-of-the-tests"',
        "`credential_ref` names a JSON object with `api_key`, sent in the header `X-Api-Key`.",
    ),
    "api-key-in-query": AuthWords(
        'ApiKey(query="api_key")',
        {"api_key": "key-of-the-tests"},
        'return request.query.get("api_key") == "key-of-the-tests"',
        "`credential_ref` names a JSON object with `api_key`, sent as a parameter.",
    ),
    "basic": AuthWords(
        "BasicAuth()",
        {"user": "user-of-the-tests", "password": "password-of-the-tests"},
        _HEADERS + 'return headers.get("authorization") == '
        '"Basic dXNlci1vZi10aGUtdGVzdHM6cGFzc3dvcmQtb2YtdGhlLXRlc3Rz"',
        "`credential_ref` names a JSON object with `user` and `password`.",
    ),
    "oauth-refresh": AuthWords(
        'OAuth2Refresh(token_url="{api_url}/oauth/token")',
        {"client_id": "app", "client_secret": "secret-of-the-app", "refresh_token": "refresh-of-the-tests"},
        _OAUTH,
        "`credential_ref` names a JSON object with `client_id`, `client_secret` and `refresh_token`.",
        fetches_token=True,
    ),
    "oauth-client": AuthWords(
        'OAuth2ClientCredentials(token_url="{api_url}/oauth/token")',
        {"client_id": "app", "client_secret": "secret-of-the-app"},
        _OAUTH,
        "`credential_ref` names a JSON object with `client_id` and `client_secret`.",
        fetches_token=True,
    ),
}

_NEXT: Final = "following = f\"{request.path}?{urlencode({**request.query, 'after': '1'})}\""

PAGINGS: Final = {
    "none": PagingWords("SinglePage()", ("return {place: rows}",)),
    "cursor": PagingWords(
        'Cursor(token="next_cursor", param="cursor", size=("page_size", 100))',
        (
            'if "cursor" in request.query:',
            '    return {place: rows[1:], "next_cursor": None}',
            'return {place: rows[:1], "next_cursor": "more"}',
        ),
    ),
    "page": PagingWords(
        'PageNumber("page", ("per_page", 100), total="pages")',
        (
            'number = int(request.query["page"])',
            'return {place: rows[number - 1 : number], "pages": len(rows)}',
        ),
    ),
    "offset": PagingWords(
        'Offset("offset", ("limit", 100), total="total")',
        (
            'offset = int(request.query["offset"])',
            'return {place: rows[offset : offset + 1], "total": len(rows)}',
        ),
    ),
    "next-url": PagingWords(
        'NextUrl("next")',
        (
            'if "after" in request.query:',
            '    return {place: rows[1:], "next": None}',
            _NEXT,
            'return {place: rows[:1], "next": following}',
        ),
    ),
    "link-header": PagingWords(
        "LinkHeader()",
        (
            'if "after" in request.query:',
            "    return {place: rows[1:]} if place else rows[1:]",
            _NEXT,
            "page: Any = {place: rows[:1]} if place else rows[:1]",
            'return ApiAnswer(page, headers={"Link": f\'<{following}>; rel="next"\'})',
        ),
    ),
}
