"""`python -m dif_sandbox.redshift --config FILE`: run the front until SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from pathlib import Path

import click
import psycopg

from dif_sandbox.redshift import Config, serve
from dif_sandbox.redshift._config import ConfigurationError


@click.command()
@click.option(
    "--config", "path", type=click.Path(path_type=Path), required=True, help="The JSON file with the settings."
)
def main(path: Path) -> None:
    """A stand-in for Amazon Redshift in front of PostgreSQL; writes the ready file once it listens."""
    # COPY makes rows by the hundred thousand and never a cycle: the collector would only look at them again and again.
    gc.set_threshold(100_000)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    try:
        asyncio.run(serve(Config.read(path)))
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except (psycopg.Error, OSError) as error:
        click.echo(f"redshift front: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
