"""What goes to a provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

import msgspec
import requests

from dif_kit.decode import parse_json
from dif_kit.http._address import no_address
from dif_kit.http._verdicts import Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_kit.budget import Budget
    from dif_kit.decode import Decoder

__all__ = ["Request", "query_values"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request with all that decides how it is sent and how its answer is judged.

    ``scope`` holds the values that divide the budgets; ``parse`` reads a JSON body, as `parse_json` would. A request to
    another origin than ``origin`` is sent without the credential, whatever it was.
    """

    url: str
    origin: str
    method: str = "GET"
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    decoder: Decoder | None = None
    budgets: tuple[Budget, ...] = ()
    scope: Mapping[str, str] = field(default_factory=dict)
    verdicts: Verdicts = field(default_factory=Verdicts)
    auth: Literal["credential", "none"] = "credential"
    parse: Callable[[bytes], Any] = parse_json

    @property
    def label(self) -> str:
        """The request as messages name it: method and path, no query, because queries may carry tokens."""
        return f"{self.method} {self.url.partition('?')[0]}"

    def payload(self) -> tuple[bytes | None, str | None]:
        """The body as it is sent, and its content type."""
        if self.json is not None:
            return msgspec.json.encode(self.json), "application/json"
        if self.form is not None:
            return urlencode(self.form).encode(), "application/x-www-form-urlencoded"
        return None, None

    def address(self) -> str:
        """The address as it is sent, query included; raises ConfigError if it is none."""
        try:
            return requests.Request("GET", self.url, params=query_values(self.params)).prepare().url or self.url
        except requests.RequestException as error:
            raise no_address(self.url) from error


def query_values(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters in the words of a query: ``true``, not ``True``; None is left out."""
    return {name: _query_value(value) for name, value in params.items()}


def _query_value(value: Any) -> Any:  # noqa: ANN401 - what a query may hold
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [_query_value(item) for item in value]
    return value
