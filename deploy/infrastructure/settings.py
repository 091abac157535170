"""What a stage is to be, read from stages.yml, and who its clients are, read from clients/."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

__all__ = ["Database", "Network", "Settings", "Task", "Valkey", "group_of", "read"]

_GROUPS = 32  # for 5,000 clients: as many roles as IAM gives an account that asks for them
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, slots=True)
class Database:
    """The platform database: ledger and vault."""

    instance_class: str
    gigabytes: int
    standby: bool
    keep_days: int


@dataclass(frozen=True, slots=True)
class Valkey:
    """Where budgets and leases are."""

    node_class: str
    replicas: int


@dataclass(frozen=True, slots=True)
class Task:
    """A task of ECS: CPU units and MiB."""

    cpu: int
    memory: int


@dataclass(frozen=True, slots=True)
class Network:
    """Zones, and NAT gateways in them."""

    zones: int
    gateways: int


@dataclass(frozen=True, slots=True)
class Settings:
    """All of one stage."""

    stage: str
    region: str
    image: str
    plan: str
    check: str
    places: int
    database: Database
    valkey: Valkey
    task: Task
    keep_staged_days: int
    network: Network
    clients: tuple[str, ...]
    image_before: str

    def name(self, *parts: str) -> str:
        """A name that says whose it is."""
        return "-".join(("dif", self.stage, *parts))


def read(folder: Path, image: str, image_before: str = "none") -> list[Settings]:
    """Every stage; ValueError for a client whose name cannot be part of a role's.

    ``image_before`` is what a stage had until now, so that it can be rolled back by whoever comes later.
    """
    clients = tuple(
        sorted(path.name.removesuffix(".meltano.yml") for path in folder.parent.glob("clients/*.meltano.yml"))
    )
    if wrong := [name for name in clients if not _NAME.fullmatch(name)]:
        raise ValueError(
            f"no role can be named after {', '.join(wrong)}: small letters, digits and hyphens, at most 31"
        )
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", image):
        raise ValueError(f"the image {image!r} is no digest: a tag may be moved, so it is sha256:…")
    stages = yaml.safe_load((folder / "stages.yml").read_text())
    return [_stage(name, facts, image, clients, image_before) for name, facts in stages.items()]


def group_of(client: str) -> int:
    """The stack that a client's role is in: by its name alone, so that one that is added or leaves moves no other.

    CloudFormation takes 500 resources and 1 MB a stack (its user guide, quotas, read 2026-11).
    """
    return hashlib.sha256(client.encode()).digest()[0] % _GROUPS


def _stage(name: str, facts: dict, image: str, clients: tuple[str, ...], image_before: str) -> Settings:
    database, valkey = facts["database"], facts["valkey"]
    return Settings(
        stage=name,
        region=facts["region"],
        image=image,
        plan=facts["plan"],
        check=facts["check"],
        places=facts["places"],
        database=Database(database["class"], database["gigabytes"], database["standby"], database["keep_days"]),
        valkey=Valkey(valkey["class"], valkey["replicas"]),
        task=Task(**facts["task"]),
        keep_staged_days=facts["keep_staged_days"],
        network=Network(**facts["network"]),
        clients=clients,
        image_before=image_before,
    )
