"""What a day of a fleet costs on AWS, and which published quota it meets first.

Prices are list prices in US dollars for eu-central-1 without tax or discount; quotas are the defaults. Beside each
stands what says so and of when that is; ``MEMORY`` is our memory of November 2026, to be checked on the page named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

__all__ = [
    "MEASURED",
    "MEMORY",
    "PRICES",
    "QUOTAS",
    "Price",
    "Quota",
    "Used",
    "cost_rows",
    "cost_table",
    "price_table",
    "quota_table",
    "quota_uses",
    "stage",
    "used_quotas",
]

ROOT = Path(__file__).parents[1]
HOURS = 24


MEMORY = "from memory"


@dataclass(frozen=True)
class Price:
    """Dollars for so many units, the page that has it today, and what said so to us."""

    dollars_for_these: float
    units: float
    unit: str
    page: str
    seen: str = MEMORY

    @property
    def dollars(self) -> float:
        return self.dollars_for_these / self.units


_PAGES = "https://aws.amazon.com"
_NAT = "cloudpipelines.pages.dev, a guide of 2026: 0.048 to 0.052 in Europe, read 2026-11"
PRICES = {
    "lambda": Price(
        0.0000166667, 1, "GB-second", f"{_PAGES}/lambda/pricing/", "the table in artillery 2.0.28, read 2026-11"
    ),
    "lambda calls": Price(0.20, 1e6, "calls", f"{_PAGES}/lambda/pricing/", "the page, read by others 2026-09-20"),
    "fargate cpu": Price(0.04656, 1, "vCPU-hour", f"{_PAGES}/fargate/pricing/", "AWS price list, effective 2026-07-07"),
    "fargate memory": Price(
        0.00511, 1, "GB-hour", f"{_PAGES}/fargate/pricing/", "AWS price list, effective 2026-07-07"
    ),
    "transitions": Price(
        0.025, 1000, "transitions", f"{_PAGES}/step-functions/pricing/", "an undated copy of the page, read 2026-11"
    ),
    "s3 writes": Price(0.0054, 1000, "PUT or LIST", f"{_PAGES}/s3/pricing/", "AWS price list, published 2026-09-28"),
    "s3 reads": Price(0.0043, 10_000, "GET", f"{_PAGES}/s3/pricing/", "AWS price list, published 2026-09-28"),
    "kms": Price(
        0.03, 10_000, "requests", f"{_PAGES}/kms/pricing/", "wring.co, a guide of 2026-03-15, which names no region"
    ),
    "cache.m7g.large": Price(0.152, 1, "node-hour of Valkey", f"{_PAGES}/elasticache/pricing/"),
    "db.m7g.large": Price(0.402, 1, "hour with a standby", f"{_PAGES}/rds/postgresql/pricing/"),
    "database space": Price(0.274, 730, "GB-hours of gp3 with a standby", f"{_PAGES}/rds/postgresql/pricing/"),
    "nat": Price(0.052, 1, "gateway-hour", f"{_PAGES}/vpc/pricing/", _NAT),
    "nat bytes": Price(0.052, 1, "GB", f"{_PAGES}/vpc/pricing/", _NAT),
    "logs": Price(0.63, 1, "GB taken in", f"{_PAGES}/cloudwatch/pricing/", "a reseller's billing rules of 2025-01"),
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
    seen: str = MEMORY
    use: float = 0.0

    @property
    def times(self) -> float:
        """How many times as much it would bear."""
        return self.bound / self.use if self.use else float("inf")


_DOCS = "https://docs.aws.amazon.com"
_STEPS = "awsdocs/aws-step-functions-developer-guide at 28a1c16, read 2026-11"
_REDSHIFT = "awsdocs/amazon-redshift-management-guide at 0978500, read 2026-11"
QUOTAS = {
    "IAM roles": Quota(
        "roles in an account", 1000, f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html", can_be_raised=True,
        seen="awsdocs/iam-user-guide at 0baff9b, read 2026-11",
    ),
    "Step Functions": Quota(
        "state transitions a second, after the first 800", 500,
        f"{_DOCS}/step-functions/latest/dg/service-quotas.html", can_be_raised=True, seen=_STEPS,
    ),
    "A plan's size": Quota(
        "bytes between two states", 262_144, f"{_DOCS}/step-functions/latest/dg/service-quotas.html",
        can_be_raised=False, seen=_STEPS,
    ),
    "Lambda": Quota(
        "calls at once in an account and region", 1000, f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html",
        can_be_raised=True, seen="an undated copy of the page, read 2026-11",
    ),
    "RDS": Quota(
        "connections of db.m7g.large: memory / 9,531,392", 850,
        f"{_DOCS}/AmazonRDS/latest/UserGuide/CHAP_Limits.html", can_be_raised=False,
        seen="the formula: eoapi-cdk, which quotes the page, read 2026-11; 8 GiB: from memory",
    ),
    "Redshift": Quota(
        "connections of a cluster of RA3", 2000, f"{_DOCS}/redshift/latest/mgmt/amazon-redshift-limits.html",
        can_be_raised=False, seen=_REDSHIFT,
    ),
    "Redshift's tables": Quota(
        "tables of a cluster of ra3.4xlarge", 200_000, f"{_DOCS}/redshift/latest/mgmt/amazon-redshift-limits.html",
        can_be_raised=False, seen=_REDSHIFT,
    ),
    "Redshift's schemas": Quota(
        "schemas of a database", 9_900, f"{_DOCS}/redshift/latest/mgmt/amazon-redshift-limits.html",
        can_be_raised=False, seen=_REDSHIFT,
    ),
}  # fmt: skip


#: The day of 1,000 clients that docs/production.md tells of.
MEASURED = Used(
    lambda_seconds=1_954_314.4, lambda_calls=56_000, ecs_seconds=0.0, plans=720, jobs=56_000, requests=708_000
)
BYTES_A_JOB, CONNECTIONS_A_JOB, SECONDS_TO_START = 190, 2, 10
#: Fourteen channels with eight streams each, each a table in the client's schema.
TABLES_A_CLIENT = 14 * 8


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
        "Redshift's tables": clients * TABLES_A_CLIENT,
        "Redshift's schemas": clients,
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
        f"| [{name}]({each.page}) | {each.name} | {each.bound:,.0f} | {each.use:,.0f} | {each.times:.1f} "
        f"| {each.seen} |"
        for name, each in used_quotas(uses)
    ]
    return "\n".join(
        ["| what | quota | bound | used | times as much | as said by |", "|---|---|---|---|---|---|", *lines]
    )


def price_table() -> str:
    """In Markdown."""
    lines = [
        f"| [{name}]({each.page}) | {each.dollars_for_these:.10f}".rstrip("0")
        + f" | {'' if each.units == 1 else f'{each.units:,.0f} '}{each.unit} | {each.seen} |"
        for name, each in PRICES.items()
    ]
    return "\n".join(["| price | $ | for | as said by |", "|---|---|---|---|", *lines])
