"""KMS, Secrets Manager and STS in one process, behind one endpoint that checks signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dif_sandbox.services._python import PythonService
from dif_sandbox.services.ports import HOST

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dif_sandbox.services.seaweed import Identity

__all__ = ["Aws"]


class Aws(PythonService):
    """What clients call AWS, beside S3 and Redshift.

    `callers` may call everything, `roles` (by ARN) are taken on by AssumeRole, `secrets` (by name) are there from the
    start. Keys and secrets outlive a restart.
    """

    name = "aws"
    module: ClassVar[str] = "dif_sandbox.aws"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        callers: Sequence[Identity],
        roles: Mapping[str, Identity] | None = None,
        secrets: Mapping[str, Mapping[str, Any]] | None = None,
        durable: bool = True,
        ports: Mapping[str, int] | None = None,
        log: Path | None = None,
    ) -> None:
        super().__init__(folder, durable=durable, ports=ports, log=log)
        self._callers, self._roles, self._secrets = callers, dict(roles or {}), dict(secrets or {})

    @property
    def url(self) -> str:
        """The endpoint for clients; below ``/_aws/`` tests ask who called and order refusals."""
        return f"http://{HOST}:{self.port}"

    @property
    def key_id(self) -> str:
        """The KMS key that is there from the start; its alias is ``alias/dif``."""
        return str(self.ready["key_id"])

    def configuration(self) -> dict[str, Any]:
        """As `dif_sandbox.aws` reads it."""
        return {
            "port": self.port,
            "data_dir": str(self.folder / "data"),
            "identities": {one.access_key: {"name": one.name, "secret_key": one.secret_key} for one in self._callers},
            "roles": {
                arn: {"access_key": one.access_key, "secret_key": one.secret_key} for arn, one in self._roles.items()
            },
            "secrets": {name: dict(value) for name, value in self._secrets.items()},
        }
