"""A sandbox's services put together: which folder, secret and port each gets, and what their clients are told."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import certifi

from dif_sandbox.services._python import write_private
from dif_sandbox.services.aws import Aws
from dif_sandbox.services.front import Front
from dif_sandbox.services.ports import HOST
from dif_sandbox.services.postgres import Postgres
from dif_sandbox.services.seaweed import REGION, Seaweed
from dif_sandbox.services.simulators import API_PATHS, Simulators
from dif_sandbox.services.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.services._layout import Layout, Secrets
    from dif_sandbox.services._options import Options
    from dif_sandbox.services.service import Service

__all__ = ["build", "environment", "export_lines", "write_credentials"]

DATABASE: Final = "dev"
VAULT_DATABASE: Final = "vault"
WAREHOUSE_USER: Final = "awsuser"
LOAD_ROLE: Final = "arn:aws:iam::123456789012:role/RedshiftLoader"
UNLOAD_ROLE: Final = "arn:aws:iam::123456789012:role/RedshiftUnloader"
LAKE_ROLE: Final = "arn:aws:iam::123456789012:role/LakeWriter"
STAGE_BUCKET: Final = "stage"
LAKE_BUCKET: Final = "lake"

CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
SYSTEM_BUNDLES: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""Debian's and Red Hat's, with the authorities that a company adds; Python's own paths often name neither."""


def build(layout: Layout, options: Options, secrets: Secrets, ports: Mapping[str, dict[str, int]]) -> list[Service]:
    """The services of these options in the order of their start; none is started yet."""

    def common(name: str) -> dict[str, Any]:
        return {"durable": options.durable, "ports": ports.get(name), "log": layout.log(name)}

    postgres = Postgres(layout.service("postgres"), databases=(DATABASE, VAULT_DATABASE), **common("postgres"))
    s3 = Seaweed(
        layout.service("s3"),
        identities=(secrets.loader, secrets.role, secrets.unload),
        buckets=(STAGE_BUCKET, LAKE_BUCKET),
        **common("s3"),
    )
    front = Front(
        layout.service("redshift"),
        postgres=postgres,
        s3=s3,
        database=DATABASE,
        users={WAREHOUSE_USER: secrets.warehouse_password},
        roles={LOAD_ROLE: secrets.role, UNLOAD_ROLE: secrets.unload},
        callers=(secrets.loader, secrets.unload),  # the second is whoever has taken LAKE_ROLE on
        **common("redshift"),
    )
    aws = Aws(
        layout.service("aws"),
        callers=(secrets.loader,),
        roles={LAKE_ROLE: secrets.unload},
        secrets={f"redshift/{client}": _login(secrets) for client in options.simulation.clients},
        **common("aws"),
    )
    simulators = Simulators(
        layout.service("simulators"),
        credentials=layout.credentials,
        simulation=options.simulation,
        **common("simulators"),
    )
    valkey = Valkey(layout.service("valkey"), **common("valkey"))
    every: list[Service] = [s3, valkey, aws, simulators, postgres, front]
    return [service for service in every if service.name in options.services]


def environment(layout: Layout, secrets: Secrets, services: list[Service]) -> dict[str, str]:
    """What clients of these services set, as on AWS their own settings; the services answer already."""
    told = {"DIF_SANDBOX": str(layout.folder), "DIF_CREDENTIALS": f"file://{layout.credentials}"}
    for service in services:
        told |= _told_by(service, layout, secrets)
    return dict(sorted(told.items()))


def export_lines(told: Mapping[str, str]) -> str:
    """The same for a shell to evaluate."""
    return "".join("export {}='{}'\n".format(name, value.replace("'", "'\\''")) for name, value in told.items())


def write_credentials(layout: Layout, options: Options, secrets: Secrets) -> None:
    """Give every client the warehouse's user, in a file that only its owner may read."""
    for client in options.simulation.clients:
        folder = layout.credentials / client
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(folder / "redshift", {"user": WAREHOUSE_USER, "password": secrets.warehouse_password})


def _login(secrets: Secrets) -> dict[str, str]:
    """The warehouse's user as Secrets Manager keeps it for a database."""
    return {"engine": "redshift", "username": WAREHOUSE_USER, "password": secrets.warehouse_password}


def _told_by(service: Service, layout: Layout, secrets: Secrets) -> dict[str, str]:
    match service:
        case Seaweed():
            return {
                "AWS_ACCESS_KEY_ID": secrets.loader.access_key,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL_S3": service.url,
                "AWS_SECRET_ACCESS_KEY": secrets.loader.secret_key,
                "TARGET_S3_CSV_BUCKET": LAKE_BUCKET,
            }
        case Aws():
            return {
                "AWS_ENDPOINT_URL_KMS": service.url,
                "AWS_ENDPOINT_URL_SECRETS_MANAGER": service.url,
                "AWS_ENDPOINT_URL_STS": service.url,
                "DIF_VAULT_KEY": service.key_id,
                "SANDBOX_KMS_KEY_ID": service.key_id,
            }
        case Valkey():
            return {"DIF_REDIS_URL": service.url}
        case Simulators():
            told = {}
            for channel, url in service.urls.items():
                told[f"SANDBOX_{channel.upper()}_URL"] = url
                told[f"TAP_{channel.upper()}_API_URL"] = url + API_PATHS[channel]
            return told
        case Front():
            _write_bundle(layout.bundle, service.authority)
            return {
                "AWS_ENDPOINT_URL_REDSHIFT": service.api,
                "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS": service.api,
                "SSL_CERT_FILE": str(layout.bundle),
                "TARGET_REDSHIFT_BUCKET": STAGE_BUCKET,
                "TARGET_REDSHIFT_DATABASE": DATABASE,
                "TARGET_REDSHIFT_HOST": HOST,
                "TARGET_REDSHIFT_IAM_ROLE": LOAD_ROLE,
                "TARGET_REDSHIFT_PORT": str(service.port),
            }
        case _:
            return {"DIF_VAULT_URL": service.dsn(VAULT_DATABASE)} if isinstance(service, Postgres) else {}


def _write_bundle(bundle: Path, authority: Path) -> None:
    """All that this machine trusts, and the sandbox's authority; never the bundle of a sandbox itself.

    Each certificate once: a client reads them all for every connection.
    """
    paths = ssl.get_default_verify_paths()
    known = {certifi.where(), paths.openssl_cafile, paths.cafile or "", *SYSTEM_BUNDLES}
    files = [file for file in map(Path, sorted(known)) if file.is_file() and file.name != bundle.name]
    found = (one for file in (*files, authority) for one in CERTIFICATE.findall(file.read_text()))
    bundle.write_text("".join(f"{one}\n" for one in dict.fromkeys(found)))
