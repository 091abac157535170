"""Recorded answers of a provider, given again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simplejson  # type: ignore[import-untyped]  # what keeps every digit

from dif_kit.testing._api import ApiAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from dif_kit.testing._api import ApiRequest, FakeApi

__all__ = ["replay"]


def replay(api: FakeApi, folder: Path) -> None:
    """Teach an API the answers that ``make record`` wrote into ``folder``.

    A request is answered by the recording with its method, path and query. One that differs in its query, as in the
    days asked for, gets the first of that path: the routes of a test may say more.
    """
    recorded: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in sorted(folder.glob("*.json")):
        known = simplejson.loads(file.read_text(encoding="utf-8"), use_decimal=True)
        asked = known["request"]
        recorded.setdefault((asked["method"], asked["path"]), []).append(known)
    if not recorded:
        raise AssertionError(f"{folder} holds no recording: make record writes them")
    for (method, path), known in recorded.items():
        api.on(method, path, lambda request, known=known: _answer(request, known))


def _answer(request: ApiRequest, known: list[dict[str, Any]]) -> ApiAnswer:
    fits = (each for each in known if each["request"]["query"] == dict(request.queries))
    told = next(fits, known[0])["answer"]
    body = simplejson.dumps(told["body"], use_decimal=True).encode()
    return ApiAnswer(body, status=told["status"], headers=told["headers"])
