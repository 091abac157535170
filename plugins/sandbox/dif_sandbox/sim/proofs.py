"""Every way in which a request says who sends it, checked by the other half of what clients use."""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dif_sandbox.aws import AwsError, Identity, signer_of
from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.keys import Keys
from dif_sandbox.sim.oauth import TokenService, basic_credentials, bearer_token
from dif_sandbox.sim.server import Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw

__all__ = ["TOKEN_PATH", "Proofs"]

TOKEN_PATH: Final = "/oauth/token"
JWT_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE: Final = "mosaic"
SIGNED_SECONDS: Final = 300


class Proofs:
    """The secrets of some clients: a key, a password, an app with its user, a service account, keys that sign.

    A request may prove its client by any of them: the key as a bearer's, in ``x-api-key`` or ``?api_key=``; name and
    password (Basic); an access token of `token`; a JSON Web Token of the service account itself; AWS Signature
    Version 4; or an HMAC-SHA256 in ``x-signature`` with ``x-timestamp`` and ``x-client``, over method, path, sorted
    query, timestamp and the SHA-256 of the body, each on a line of its own.
    """

    def __init__(self, stage: Stage, draw: Draw, clients: Sequence[str], *, token_seconds: int = 3_600) -> None:
        self._stage, self._draw, self._clients = stage, draw, tuple(clients)
        self._keys = Keys(draw, clients, "mos_")
        self._apps = {client: self._app(client) for client in clients}
        self._tokens = TokenService(self._apps.values(), stage.clock, lifetime_seconds=token_seconds, prefix="mot_")
        self._passwords = {client: draw.token("password", client) for client in clients}
        self._signing = {client: draw.token("signing", client) for client in clients}
        self._identities = {f"AKIA{client}": Identity(client, self._signing[client]) for client in clients}

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets, by the names under which taps look for them."""
        return {client: self._credential(client) for client in self._clients}

    def client_of(self, request: Request) -> str | None:
        """Whose proof a request carries, dead or alive; None if it is nobody's."""
        header = request.headers.get("authorization", "")
        token = bearer_token(header) or request.headers.get("x-api-key") or request.parameter("api_key")
        grant = self._tokens.known(token or "")
        return (
            (grant.app.client if grant else None)
            or self._keys.client_of(token)
            or self._by_password(header)
            or self._by_own_token(token)
            or self._by_signature(request)
        )

    def admit(self, request: Request) -> tuple[str, str] | None:
        """The client and a mark of its proof, with the revocation that a fault in force brings; None: refused."""
        token = bearer_token(request.headers.get("authorization", "")) or ""
        if self._tokens.known(token):
            grant = self._tokens.admit(token, self._stage.faults, request)
            return (grant.app.client, token) if grant else None
        client = self.client_of(request)
        if client is None or self._keys.admit(self._keys.by_client[client], self._stage.faults, request) is None:
            return None
        return client, self._keys.by_client[client]

    def token(self, request: Request) -> Response:
        """An access token, for a refresh token, the app itself, a user's password, or a service account's token."""
        form = dict(parse_qsl(request.body.decode()))
        grant_type = form.get("grant_type", "")
        app = self._app_of_account(form) if grant_type == JWT_GRANT else self._app_of(request, form)
        if app is None:
            return _refused("invalid_client", 401)
        if grant_type == "password" and not self._is_user(app.client, form):
            return _refused("invalid_grant")
        if grant_type == "refresh_token":
            grant = self._tokens.refresh(app, form.get("refresh_token", ""))
        elif grant_type in {"client_credentials", "password", JWT_GRANT}:
            grant = self._tokens.grant(app)
        else:
            return _refused("unsupported_grant_type")
        if grant is None:
            return _refused("invalid_grant")
        lives = grant.expires_at - self._stage.clock.timestamp()
        return json_response({"access_token": grant.access_token, "token_type": "bearer", "expires_in": lives})

    @cached_property
    def _account_keys(self) -> tuple[rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey]:
        """The keys of all service accounts, which differ by their names."""
        return rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())

    def _credential(self, client: str) -> dict[str, str]:
        app, (rsa_key, ec_key) = self._apps[client], self._account_keys
        return {
            "api_key": self._keys.by_client[client],
            "user": client,
            "username": client,
            "password": self._passwords[client],
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "refresh_token": app.refresh_token,
            "client_email": _robot(client),
            "private_key": _pem(rsa_key),
            "ec_private_key": _pem(ec_key),
            "private_key_id": "1",
            "secret_key": self._signing[client],
            "access_key_id": f"AKIA{client}",
            "secret_access_key": self._signing[client],
        }

    def _app(self, client: str) -> App:
        draw = self._draw
        return App(client, f"app-{client}", draw.token("secret", client), draw.token("refresh", client), ())

    def _by_password(self, header: str) -> str | None:
        user, password = basic_credentials(header) or ("", "")
        return user if password and self._passwords.get(user) == password else None

    def _by_own_token(self, token: str | None) -> str | None:
        return self._of_account(token or "", AUDIENCE)

    def _by_signature(self, request: Request) -> str | None:
        if request.headers.get("authorization", "").startswith("AWS4-"):
            try:
                target = request.path + (f"?{_query(request)}" if request.query else "")
                return signer_of(
                    request.headers, request.body, self._identities, method=request.method, target=target
                ).identity.name
            except AwsError:
                return None
        client, at = request.headers.get("x-client", ""), request.headers.get("x-timestamp", "")
        secret = self._signing.get(client)
        if secret is None or not at.isdigit() or abs(time.time() - int(at)) > SIGNED_SECONDS:
            return None
        query = "&".join(sorted(_query(request).split("&")))
        signed = "\n".join((request.method, request.path, query, at, hashlib.sha256(request.body).hexdigest()))
        expected = hmac.new(secret.encode(), signed.encode(), "sha256").hexdigest()
        return client if hmac.compare_digest(expected, request.headers.get("x-signature", "")) else None

    def _app_of(self, request: Request, form: Mapping[str, str]) -> App | None:
        given = basic_credentials(request.headers.get("authorization", ""))
        return self._tokens.app(*(given or (form.get("client_id", ""), form.get("client_secret", ""))))

    def _app_of_account(self, form: Mapping[str, str]) -> App | None:
        client = self._of_account(form.get("assertion", ""), None)
        return None if client is None else self._apps[client]

    def _is_user(self, client: str, form: Mapping[str, str]) -> bool:
        return form.get("username") == client and form.get("password") == self._passwords[client]

    def _of_account(self, token: str, audience: str | None) -> str | None:
        """The client whose service account signed a token that is good now, for this audience or for any."""
        algorithm = _algorithm(token)
        if algorithm is None:
            return None
        rsa_key, ec_key = self._account_keys
        key = (rsa_key if algorithm == "RS256" else ec_key).public_key()
        needed: Any = {"require": ["iss", "exp", "aud"], "verify_aud": audience is not None}
        try:
            claims = jwt.decode(token, key, algorithms=[algorithm], audience=audience, options=needed)
        except jwt.PyJWTError:
            return None
        return next((client for client in self._clients if claims["iss"] == _robot(client)), None)


def _robot(client: str) -> str:
    return f"robot@{client}.example"


def _algorithm(token: str) -> str | None:
    try:
        algorithm = jwt.get_unverified_header(token).get("alg")
    except jwt.PyJWTError:
        return None
    return algorithm if algorithm in {"RS256", "ES256"} else None


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def _query(request: Request) -> str:
    return urlencode([(name, value) for name, values in request.query.items() for value in values])


def _refused(error: str, status: int = 400) -> Response:
    return json_response({"error": error}, status)
