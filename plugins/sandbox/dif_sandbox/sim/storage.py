"""Where finished reports lie: presigned links of another host, as S3 answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.channel import serve
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.server import Refusal, Request, Response, Server

if TYPE_CHECKING:
    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.reports import Desk, Link

__all__ = ["Storage"]

TWO_MECHANISMS: Final = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
    "Signature query string parameter or the Authorization header should be specified"
)
CODES: Final = {
    400: ("InvalidArgument", TWO_MECHANISMS),
    403: ("AccessDenied", "Request has expired"),
    404: ("NoSuchKey", "The specified key does not exist."),
    503: ("SlowDown", "Please reduce your request rate."),
}


class Storage:
    """A host of its own that knows links only; an Authorization header is refused."""

    def __init__(self, stage: Stage, desk: Desk, folder: str) -> None:
        self._stage, self._desk, self._folder = stage, desk, f"/{folder}/"
        self._server = Server(lambda request: serve(stage, self, request))

    def url(self, link: Link) -> str:
        """The address of a link."""
        signed = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=300&X-Amz-Signature={link.key}"
        return f"{self._server.url}{self._folder}{link.report.owner}/{link.key}?{signed}"

    def handle(self, request: Request) -> Response:
        """The content of a report.

        Raises:
            Refusal: 400 for an Authorization header, 403 for an expired link, 404 for an unknown one.
        """
        if "authorization" in request.headers:
            raise Refusal(self.refuse(400))
        link = self._desk.follow(request.parameter("X-Amz-Signature") or "")
        if link is None or request.path != f"{self._folder}{link.report.owner}/{link.key}":
            raise Refusal(self.refuse(404))
        content = link.report.content if self._desk.is_alive(link) else None
        if self._stage.faults.take(request, "expired_link") or content is None:
            raise Refusal(self.refuse(403))
        return content.response()

    def refuse(self, status: int) -> Response:
        """An error as S3 words it."""
        code, message = CODES.get(status, ("InternalError", "We encountered an internal error. Please try again."))
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
        return Response(status, body.encode(), {"content-type": "application/xml"})

    def throttle(self, retry_after: str | None) -> Response:
        """429, with the wait in its header."""
        return told_in_header(self.refuse(429), retry_after)

    def client_of(self, _request: Request) -> None:
        """A link tells no client."""

    def close(self) -> None:
        """Stop serving."""
        self._server.close()
