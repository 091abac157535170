"""`python -m dif_sandbox.aws --config FILE`: run the endpoint until SIGTERM."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path
from typing import Any, Final

import click

from dif_sandbox.aws import Endpoint, Identity
from dif_sandbox.aws._control import Control
from dif_sandbox.aws._kms_keys import KeyStore
from dif_sandbox.aws.kms import Kms
from dif_sandbox.aws.secrets_manager import SecretsManager
from dif_sandbox.aws.sts import Role, Sts

KEY_ALIAS: Final = "alias/dif"


@click.command()
@click.option(
    "--config", "path", type=click.Path(path_type=Path), required=True, help="The JSON file with the settings."
)
def main(path: Path) -> None:
    """KMS, Secrets Manager and STS on 127.0.0.1; writes the ready file once it listens."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        config = json.loads(path.read_text())
        asyncio.run(serve(config))
    except (KeyError, TypeError, ValueError) as error:
        raise click.UsageError(f"{path}: {error!r}") from error
    except OSError as error:
        click.echo(f"aws: {error}", err=True)
        sys.exit(1)


async def serve(config: dict[str, Any]) -> None:
    """Listen, write the ready file, and stay until SIGTERM or SIGINT."""
    folder = Path(config["data_dir"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = KeyStore(folder / "keys.json")
    if KEY_ALIAS not in keys.aliases:
        keys.name(KEY_ALIAS, keys.make("what dif's own credentials are encrypted with"))
    vault = SecretsManager(folder / "secrets.json")
    for name, value in config.get("secrets", {}).items():
        vault.set(name, json.dumps(value))
    identities = {key: _identity(held) for key, held in config["identities"].items()}
    sts = Sts({arn: Role(**held) for arn, held in config.get("roles", {}).items()})
    endpoint = Endpoint(identities, {"kms": Kms(keys), "secretsmanager": vault, "sts": sts}, Control())
    port = await endpoint.start(int(config.get("port", 0)))
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    key = next(one for one in keys if one.id == keys.aliases[KEY_ALIAS])
    _write_ready(Path(config["ready_file"]), {"port": port, "key_id": key.id, "key_alias": KEY_ALIAS})
    await stopped.wait()
    endpoint.close()


def _identity(held: dict[str, Any]) -> Identity:
    return Identity(str(held["name"]), str(held["secret_key"]), tuple(held.get("actions", ("*",))))


def _write_ready(file: Path, document: dict[str, object]) -> None:
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(json.dumps(document))
    partial.replace(file)


if __name__ == "__main__":
    main()
