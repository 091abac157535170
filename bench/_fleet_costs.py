"""What a day of a fleet costs on AWS, and which published quota it meets first.

Prices are list prices in US dollars for eu-central-1 without tax or discount, written down from memory in November
2026: to be checked on the page named before anybody relies on them. Quotas are the defaults, from memory, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

__all__ = [
    "MEASURED",
    "PRICES",
    "QUOTAS",
    "Price",
    "Quota",
    "Used",
    "cost_rows",
    "cost_table",
    "quota_table",
    "quota_uses",
    "stage",
    "used_quotas",
]

ROOT = Path(__file__).parents[1]
HOURS = 24


@dataclass(frozen=True)
class Price:
    """Dollars for one unit, and where it stands."""

    dollars: float
    unit: str
    page: str


_PAGES = "https://aws.amazon.com"
PRICES = {
    "lambda": Price(0.0000166667, "GB-second", f"{_PAGES}/lambda/pricing/"),
    "lambda calls": Price(0.20 / 1e6, "call", f"{_PAGES}/lambda/pricing/"),
    "fargate cpu": Price(0.04656, "vCPU-hour", f"{_PAGES}/fargate/pricing/"),
    "fargate memory": Price(0.00511, "GB-hour", f"{_PAGES}/fargate/pricing/"),
    "transitions": Price(0.025 / 1000, "transition", f"{_PAGES}/step-functions/pricing/"),
    "s3 writes": Price(0.0054 / 1000, "PUT or LIST", f"{_PAGES}/s3/pricing/"),
    "s3 reads": Price(0.00043 / 1000, "GET", f"{_PAGES}/s3/pricing/"),
    "kms": Price(0.03 / 10_000, "request", f"{_PAGES}/kms/pricing/"),
    "cache.m7g.large": Price(0.152, "node-hour of Valkey", f"{_PAGES}/elasticache/pricing/"),
    "db.m7g.large": Price(0.402, "hour with a standby", f"{_PAGES}/rds/postgresql/pricing/"),
    "database space": Price(0.274 / 730, "GB-hour of gp3 with a standby", f"{_PAGES}/rds/postgresql/pricing/"),
    "nat": Price(0.052, "gateway-hour", f"{_PAGES}/vpc/pricing/"),
    "nat bytes": Price(0.052, "GB", f"{_PAGES}/vpc/pricing/"),
    "logs": Price(0.63, "GB taken in", f"{_PAGES}/cloudwatch/pricing/"),
}

# What one run is taken to need beside its time: STATE read and kept, eight streams staged and copied, a key of the
# vault; answers of 40 kB, logs of 60 kB.
WRITES, READS, KEYS, GIGABYTES_IN, GIGABYTES_LOGS = 14, 16, 2, 40e-6, 60e-6
#: Where, Lambda or ECS, HandOver, Ended, and the start of the Map's child; Plan, Jobs and the end of each execution.
TRANSITIONS_A_JOB, TRANSITIONS_A_PLAN = 5, 3
LAMBDA_GIGABYTES = 3008 / 1024
PLANNER_SECONDS = 4.0


@dataclass(frozen=True)
class Used:
    """What a day has used."""

    lambda_seconds: float
    lambda_calls: int
    ecs_seconds: float
    plans: int
    jobs: int
    requests: int


def stage(name: str = "production") -> dict[str, Any]:
    """A stage as `deploy/stages.yml` has it."""
    stages: Mapping[str, Any] = msgspec.yaml.decode((ROOT / "deploy" / "stages.yml").read_bytes())
    return dict(stages[name])


def cost_rows(used: Used, wanted: Mapping[str, Any]) -> dict[str, float]:
    """Dollars a day by service. The clients' warehouses are not among them."""
    task, network, database, valkey = (wanted[name] for name in ("task", "network", "database", "valkey"))
    price = {name: each.dollars for name, each in PRICES.items()}
    hours = used.ecs_seconds / 3600
    return {
        "Lambda": used.lambda_seconds * LAMBDA_GIGABYTES * price["lambda"] + used.lambda_calls * price["lambda calls"],
        "Fargate": hours * (
            task["cpu"] / 1024 * price["fargate cpu"] + task["memory"] / 1024 * price["fargate memory"]
        ),
        "Planner": used.plans * (PLANNER_SECONDS * price["lambda"] + price["lambda calls"]),
        "Step Functions": (used.jobs * TRANSITIONS_A_JOB + used.plans * TRANSITIONS_A_PLAN) * price["transitions"],
        "S3 and KMS": used.jobs * (WRITES * price["s3 writes"] + READS * price["s3 reads"] + KEYS * price["kms"]),
        "Valkey": (1 + valkey["replicas"]) * HOURS * price[valkey["class"]],
        "RDS": HOURS * (price[database["class"]] + database["gigabytes"] * price["database space"]),
        "NAT": network["gateways"] * HOURS * price["nat"] + used.requests * GIGABYTES_IN * price["nat bytes"],
        "Logs": used.jobs * GIGABYTES_LOGS * price["logs"],
    }  # fmt: skip


@dataclass(frozen=True)
class Quota:
    """A bound that somebody else sets, in the unit of `use`; whether it can be raised by asking."""

    name: str
    bound: float
    page: str
    can_be_raised: bool
    use: float = 0.0

    @property
    def times(self) -> float:
        """How many times as much it would bear."""
        return self.bound / self.use if self.use else float("inf")


_DOCS = "https://docs.aws.amazon.com"
QUOTAS = {
    "IAM roles": Quota(
        "roles in an account", 1000, f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html", can_be_raised=True
    ),
    "Step Functions": Quota(
        "state transitions a second", 800, f"{_DOCS}/step-functions/latest/dg/service-quotas.html", can_be_raised=True
    ),
    "A plan's size": Quota(
        "bytes between two states", 262_144, f"{_DOCS}/step-functions/latest/dg/service-quotas.html",
        can_be_raised=False,
    ),
    "Lambda": Quota(
        "calls at once in an account", 1000, f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html", can_be_raised=True
    ),
    "RDS": Quota(
        "connections of db.m7g.large: memory / 9,531,392", 850,
        f"{_DOCS}/AmazonRDS/latest/UserGuide/CHAP_Limits.html", can_be_raised=False,
    ),
    "Redshift": Quota(
        "connections of a cluster of ra3.xlplus", 500, f"{_DOCS}/redshift/latest/mgmt/amazon-redshift-limits.html",
        can_be_raised=False,
    ),
}  # fmt: skip


#: The day of `python bench/fleet.py` with 1,000 clients that docs/production.md tells of.
MEASURED = Used(
    lambda_seconds=2_050_051.0, lambda_calls=56_000, ecs_seconds=0.0, plans=720, jobs=56_000, requests=708_088
)
BYTES_A_JOB, CONNECTIONS_A_JOB, SECONDS_TO_START = 190, 2, 10


def quota_uses(clients: int, wanted: Mapping[str, Any]) -> dict[str, float]:
    """How much of each quota a fleet uses at its worst moment: when every place is taken at once."""
    places = wanted["places"]
    return {
        "IAM roles": clients + 20,
        "Step Functions": places * TRANSITIONS_A_JOB / SECONDS_TO_START,
        "A plan's size": places * BYTES_A_JOB,
        "Lambda": places,
        # One of `ledger run`, one of the target's mirror; the planner, the check, people.
        "RDS": CONNECTIONS_A_JOB * places + 10,
        "Redshift": places,
    }


def used_quotas(uses: Mapping[str, float]) -> list[tuple[str, Quota]]:
    """The quotas with what a fleet uses of them, the one that is met first in front."""
    found = [(name, replace(each, use=uses[name])) for name, each in QUOTAS.items()]
    return sorted(found, key=lambda each: each[1].times)


def cost_table(used: Used, wanted: Mapping[str, Any]) -> str:
    """In Markdown."""
    rows = cost_rows(used, wanted)
    lines = [f"| {name} | {dollars:.2f} |" for name, dollars in rows.items()]
    return "\n".join(["| service | $ a day |", "|---|---|", *lines, f"| together | {sum(rows.values()):.2f} |"])


def quota_table(uses: Mapping[str, float]) -> str:
    """In Markdown."""
    lines = [
        f"| [{name}]({each.page}) | {each.name} | {each.bound:,.0f} | {each.use:,.0f} | {each.times:.1f} |"
        for name, each in used_quotas(uses)
    ]
    return "\n".join(["| what | quota | bound | used | times as much |", "|---|---|---|---|---|", *lines])
