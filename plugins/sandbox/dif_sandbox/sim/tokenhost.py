"""A host of tokens beside that of an API: an app's proof becomes an access token, which the API asks about."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from dif_sandbox.sim.channel import serve
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.oauth import TokenService, bearer_token
from dif_sandbox.sim.server import Refusal, Request, Response, Server, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.accounts import App
    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.oauth import Grant

__all__ = ["TokenHost"]

_SERVER_ERROR = 500


class TokenHost:
    """A host that knows nothing but tokens. A provider's own says where it is, and how it words things."""

    path: ClassVar[str]
    prefix: ClassVar[str]
    grant_type: ClassVar[str] = "refresh_token"
    #: Error -> its description: ``invalid_client``, ``unsupported_grant_type``, ``invalid_grant``.
    words: ClassVar[Mapping[str, str]]
    #: The error while it does not work, and the description of this and of requests that are no form at all.
    unavailable: ClassVar[str]
    unexplained: ClassVar[str]
    #: What stands in every error besides its name and description.
    in_errors: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def __init__(self, stage: Stage, apps: Mapping[str, App], lifetime: int, port: int = 0) -> None:
        self._stage, self._apps = stage, apps
        self.tokens = TokenService(apps.values(), stage.clock, lifetime_seconds=lifetime, prefix=self.prefix)
        self._server = Server(lambda request: serve(stage, self, request), port)
        self.url = f"{self._server.url}{self.path}"

    def check(self, form: Mapping[str, str]) -> None:
        """Refuse what else may be wrong with a form; raises Refusal."""

    def grant(self, app: App, form: Mapping[str, str]) -> Grant:
        """A new access token for an app that has proved itself; raises Refusal where the form does not earn it."""
        grant = self.tokens.refresh(app, form.get("refresh_token", ""))
        if grant is None:
            raise self.refusal("invalid_grant")
        return grant

    def granted(self, grant: Grant, seconds: int) -> dict[str, Any]:
        """What is answered with an access token that lives for so many seconds."""
        raise NotImplementedError

    def handle(self, request: Request) -> Response:
        """The token endpoint, for the one kind of grant that it knows.

        Raises:
            Refusal: 400 or 401 for whatever is wrong with it, as OAuth 2 words it.
        """
        if (request.method, request.path) != ("POST", self.path):
            raise Refusal(self.refuse(404))
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        app = self.tokens.app(form.get("client_id", ""), form.get("client_secret", ""))
        if app is None:
            raise self.refusal("invalid_client", 401)
        if form.get("grant_type") != self.grant_type:
            raise self.refusal("unsupported_grant_type")
        self.check(form)
        grant = self.grant(app, form)
        return json_response(self.granted(grant, grant.expires_at - self._stage.clock.timestamp()))

    def refusal(self, error: str, status: int = 400) -> Refusal:
        """What is raised for one of the errors in ``words``."""
        return Refusal(self._error(status, error, self.words[error]))

    def refuse(self, status: int) -> Response:
        """An error of the token service."""
        return self._error(status, self.unavailable if status >= _SERVER_ERROR else "invalid_request", self.unexplained)

    def throttle(self, retry_after: str | None) -> Response:
        """429, with the wait in its header."""
        return told_in_header(self.refuse(429), retry_after)

    def client_of(self, request: Request) -> str | None:
        """The client whose app asks."""
        form = parse_qs(request.body.decode("utf-8", "replace"))
        app = self.tokens.app_of(form.get("client_id", [""])[-1])
        return app.client if app else None

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    # For the API beside it.

    def credentials(self) -> dict[str, dict[str, str]]:
        """What each client's app asks with."""
        return {
            client: {
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "refresh_token": app.refresh_token,
                "token_uri": self.url,
            }
            for client, app in self._apps.items()
        }

    def bearer_of(self, request: Request) -> str | None:
        """The client whose token, alive or not, a request of the API carries."""
        grant = self.tokens.known(_token(request))
        return grant.app.client if grant else None

    def admit(self, request: Request) -> Grant | None:
        """The grant of the token that a request of the API carries, if it is alive."""
        return self.tokens.admit(_token(request), self._stage.faults, request)

    def _error(self, status: int, error: str, description: str) -> Response:
        return json_response({"error": error, "error_description": description, **self.in_errors}, status)


def _token(request: Request) -> str:
    return bearer_token(request.headers.get("authorization", "")) or ""
