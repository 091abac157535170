"""From a configuration to a running front."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import time
from importlib import resources
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from dif_sandbox.redshift._store import Store
from dif_sandbox.redshift._tls import server_context
from dif_sandbox.redshift.api import api
from dif_sandbox.redshift.wire import Accounts, Server

if TYPE_CHECKING:
    from dif_sandbox.redshift._config import Config, Postgres

__all__ = ["serve"]

log = logging.getLogger(__name__)
CATALOG = ("tables.sql", "properties.sql", "functions.sql", "super.sql", "views.sql")
PATIENCE_SECONDS = 20.0  # a PostgreSQL that recovers from its own death needs a few
RETRY_SECONDS = 0.05
CATALOG_LOCK = 0x7265647368696674  # any number that nobody else takes


async def serve(config: Config) -> None:
    """Prepare the database, listen, write the ready file, and stay until SIGTERM or SIGINT."""
    await asyncio.to_thread(_prepare, config)
    context, authority = server_context(config.tls_dir)
    store = Store(config.postgres)
    await store.open()
    accounts = Accounts(config.users, config.temporary_users)
    server = Server(config, store, accounts, context)
    port = await server.start()
    endpoint = api(config, store, accounts, port)
    ready = {
        "port": port,
        "ca": str(authority),
        "api": f"http://127.0.0.1:{await endpoint.start(config.api_port)}",
    }
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await asyncio.to_thread(_write_ready, config, ready)
    await stopped.wait()
    endpoint.close()
    await server.close()
    await store.close()


def _write_ready(config: Config, document: dict[str, object]) -> None:
    partial = config.ready_file.with_name(config.ready_file.name + ".partial")
    partial.write_text(json.dumps(document))
    partial.replace(config.ready_file)


def _prepare(config: Config) -> None:
    """Make the database, the users and Redshift's catalog; all of it may be there already."""
    place = config.postgres
    with _connect(place, "postgres") as connection:
        connection.autocommit = True
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [place.database])
        if not found.fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(place.database)))
    with _connect(place, place.database) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [CATALOG_LOCK])
        _make_users(connection, config)
        folder = resources.files("dif_sandbox.redshift.catalog")
        for name in CATALOG:
            connection.execute(folder.joinpath(name).read_text().encode())


def _connect(place: Postgres, database: str) -> psycopg.Connection:
    """A connection; a PostgreSQL that was killed with the front and still comes up is waited for."""
    deadline, said = time.monotonic() + PATIENCE_SECONDS, False
    while True:
        try:
            return psycopg.connect(host=place.host, port=place.port, user=place.user, dbname=database)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            if not said:
                log.info("waiting for PostgreSQL: %s", error)
                said = True
            time.sleep(RETRY_SECONDS)


def _make_users(connection: psycopg.Connection, config: Config) -> None:
    names = [*config.users, *(user.role for user in config.temporary_users)]
    master = next(iter(config.users), None)
    for name in dict.fromkeys(names):
        role = sql.Identifier(name)
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        if name == master:
            connection.execute(sql.SQL("ALTER ROLE {} SUPERUSER").format(role))
        else:
            database = sql.Identifier(config.postgres.database)
            connection.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}").format(database, role))
