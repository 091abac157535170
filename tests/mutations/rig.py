"""What all attempts share: servers, an API, the platform database."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import psycopg
from dif_kit.testing import FakeApi
from dif_ledger._store import migrate
from dif_sandbox.services import Sandbox
from ledger_database import new_ledger
from psycopg.rows import dict_row

from mutations.kinds import Mutation
from mutations.shop import Outcome, Shop
from mutations.source import serve

__all__ = ["Rig", "rig"]


@dataclass
class Rig:
    """Makes attempts, each with a schema and a prefix of its own."""

    folder: Path
    api: FakeApi
    database: Any
    s3: Any
    credentials: Path

    def attempt(self, joint: str, kind: str, chance: random.Random) -> Outcome:
        """One supervised run with one mutation."""
        name = f"m_{uuid4().hex[:10]}"
        shop = Shop(name, self.folder, os.environ, self.api, self.s3, str(self.credentials))
        return shop.attempt(Mutation(joint, kind, chance), self.database)


@contextmanager
def rig(sandbox: Sandbox, folder: Path) -> Iterator[Rig]:
    """The rig over a sandbox that runs; its environment is this process's meanwhile."""
    before = dict(os.environ)
    os.environ.update(sandbox.environment(is_alone=True))
    url = os.environ["DIF_LEDGER_URL"] = new_ledger(os.environ["DIF_VAULT_URL"])
    with ExitStack() as stack:
        stack.callback(_restore, before)
        api = stack.enter_context(FakeApi())
        serve(api)
        database = stack.enter_context(psycopg.connect(url, autocommit=True, row_factory=dict_row))
        migrate(database)
        s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"])
        stack.callback(s3.close)
        folder.mkdir(parents=True, exist_ok=True)
        yield Rig(folder, api, database, s3, sandbox.folder / "credentials" / "demo" / "redshift")


def _restore(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)
