"""The Redshift front: a process of its own before PostgreSQL, S3 and the roles that may read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from dif_sandbox.services._python import PythonService
from dif_sandbox.services.ports import HOST

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from dif_sandbox.services.postgres import Postgres
    from dif_sandbox.services.seaweed import Identity, Seaweed

__all__ = ["Front"]


class Front(PythonService):
    """What clients call Redshift.

    `users` maps names to passwords, `roles` ARNs to the S3 identities they stand for; `callers` may ask the API for
    temporary users.
    """

    name = "redshift"
    port_names: ClassVar[tuple[str, ...]] = ("main", "api")
    module: ClassVar[str] = "dif_sandbox.redshift"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        postgres: Postgres,
        s3: Seaweed,
        database: str,
        users: Mapping[str, str],
        roles: Mapping[str, Identity],
        callers: Sequence[Identity] = (),
        durable: bool = True,
        ports: Mapping[str, int] | None = None,
        log: Path | None = None,
    ) -> None:
        super().__init__(folder, durable=durable, ports=ports, log=log)
        self.database = database
        self._postgres, self._s3, self._users, self._roles = postgres, s3, users, roles
        self._callers = callers

    @property
    def api(self) -> str:
        """The address of the API that lends temporary users."""
        return f"http://{HOST}:{self.ports['api']}"

    @property
    def authority(self) -> Path:
        """The certificate of the authority that signed the front's own."""
        return Path(self.ready["ca"])

    def configuration(self) -> dict[str, Any]:
        """As `dif_sandbox.redshift` reads it."""
        tls = self.folder / "tls"
        tls.mkdir(mode=0o700, exist_ok=True)
        return {
            "listen_port": self.port,
            "postgres": {"host": HOST, "port": self._postgres.port, "user": "postgres", "database": self.database},
            "tls_dir": str(tls),
            "users": dict(self._users),
            "s3_endpoint": self._s3.url,
            "roles": {arn: [one.access_key, one.secret_key] for arn, one in self._roles.items()},
            "api_port": self.ports["api"],
            "identities": {one.access_key: {"name": one.name, "secret_key": one.secret_key} for one in self._callers},
        }
