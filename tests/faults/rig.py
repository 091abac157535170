"""A pipe's surroundings: proxies before S3 and the warehouse, settings, and what stands there, for one series."""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from dif_sandbox.proxy import FaultProxy
from dif_sandbox.services import Sandbox
from warm import Warm

from faults.pipe import AtByte, Run, source_command
from faults.places import Found, Lake, Warehouse

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["BIN", "CLIENT", "TARGETS", "Rig"]

BIN = Path(sys.executable).parent
CLIENT = "demo"
TARGETS = ("target-redshift", "target-s3-csv")
CHECKPOINT_ROWS = 120


class Rig:
    """One schema and prefix of a sandbox, reached by the target through proxies of its own.

    Targets are forks of a server that has imported them, if there is one; else they begin as in production.
    """

    def __init__(self, sandbox: Sandbox, target: str, name: str, folder: Path, warm: Warm | None = None) -> None:
        self.target, self.name = target, name
        self._folder = folder
        self._runs = 0
        self._sandbox, self._warm = sandbox, warm
        told = sandbox.environment(is_alone=True)
        self.environment = {**os.environ, **told, "PATH": f"{BIN}:{os.environ['PATH']}"}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        environment = self.environment
        s3_port = int(environment["AWS_ENDPOINT_URL_S3"].rpartition(":")[2])
        self.s3 = self._stack.enter_context(FaultProxy(("127.0.0.1", s3_port), "http"))
        bucket = environment["TARGET_REDSHIFT_BUCKET" if self.is_warehouse else "TARGET_S3_CSV_BUCKET"]
        self.lake = Lake(bucket, self.name, environment)
        self._stack.callback(self.lake.close)
        if self.is_warehouse:
            upstream = (environment["TARGET_REDSHIFT_HOST"], int(environment["TARGET_REDSHIFT_PORT"]))
            self.sql = self._stack.enter_context(FaultProxy(upstream, "postgres", tls=_front_context(self._sandbox)))
            self.warehouse = Warehouse(self.name, self.lake, environment, CLIENT)
            self._stack.callback(self.warehouse.close)
        self._folder.mkdir(parents=True)
        self.bucket = bucket
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def is_warehouse(self) -> bool:
        """Whether rows end in the warehouse, not in files."""
        return self.target == "target-redshift"

    def found(self) -> Found:
        """All that is delivered."""
        return self.warehouse.found() if self.is_warehouse else self.lake.found()

    def clear(self) -> None:
        """No faults from here on."""
        self.s3.inject()
        if self.is_warehouse:
            self.sql.inject()

    def start(
        self,
        first: int,
        last: int,
        run_id: str,
        *,
        moment: AtByte | None = None,
        disk_is_full: bool = False,
        output_is_full: bool = False,
        **settings: Any,
    ) -> Run:
        """Start tap and target for the places from `first` to `last`."""
        self._runs += 1
        config = self._folder / f"target-{self._runs}.json"
        config.write_text(json.dumps(self.settings() | settings))
        return Run(
            self._folder / str(self._runs),
            source_command(first, last, run_id),
            [BIN / self.target, "--config", config],
            {**self.environment, "DIF_RUN_ID": run_id},
            moment=moment,
            disk_is_full=disk_is_full,
            output_is_full=output_is_full,
            warm=self._warm,
        )

    def settings(self) -> dict[str, Any]:
        """A whole config of the target, through the proxies."""
        shared = {
            "client": CLIENT,
            "tap": "tap-source",
            "prefix": self.name,
            "bucket": self.bucket,
            "endpoint_url": f"http://127.0.0.1:{self.s3.port}",
            "checkpoint_rows": CHECKPOINT_ROWS,
            "s3_retry_seconds": 60,
        }
        if not self.is_warehouse:
            return shared
        variables: Mapping[str, str] = self.environment
        return shared | {
            "host": "127.0.0.1",
            "port": self.sql.port,
            "database": variables["TARGET_REDSHIFT_DATABASE"],
            "iam_role": variables["TARGET_REDSHIFT_IAM_ROLE"],
            "schema": self.name,
            "credential_ref": f"{variables['DIF_CREDENTIALS']}/{CLIENT}/redshift",
        }


def _front_context(sandbox: Sandbox) -> ssl.SSLContext:
    """The front's own certificate: the proxy answers in its name."""
    (certificate,) = sandbox.folder.rglob("redshift.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context
