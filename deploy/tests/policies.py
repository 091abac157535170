"""Policies of a template, evaluated as IAM does (IAM guide, policy evaluation logic, read 2026-11).

A request is allowed if a statement with its action, resource and conditions allows it; there are no denials in these.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

__all__ = [
    "CLIENTS", "DATABASE_LOGIN", "DATA_KEY", "LAKE", "VALKEY_LOGIN", "VAULT_KEY", "allows", "several", "text",
]  # fmt: skip

CLIENTS = sorted(path.name.partition(".")[0] for path in (Path(__file__).parents[2] / "clients").glob("*.meltano.yml"))
LAKE, DATA_KEY, VAULT_KEY = "arn:aws:s3:::lake", "arn:key/data", "arn:key/vault"
DATABASE_LOGIN, VALKEY_LOGIN = "arn:secret/database", "arn:secret/valkey"


def text(value: Any) -> str:
    """A value of a template with what it refers to named by its kind."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return value["Fn::Join"][0].join(text(part) for part in value["Fn::Join"][1])
    name = json.dumps(value)
    for word, arn in (
        ("Lake", LAKE),
        ("VaultKey", VAULT_KEY),
        ("DataKey", DATA_KEY),
        ("MasterUserSecret", DATABASE_LOGIN),
        ("ValkeyLogin", VALKEY_LOGIN),
    ):
        if word in name:
            return arn
    return {"Ref": {"AWS::Partition": "aws", "AWS::AccountId": "1"}}["Ref"].get(value.get("Ref"), name)


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def allows(policy: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        fits = any(fnmatchcase(action.lower(), each.lower()) for each in several(statement["Action"]))
        fits = fits and any(fnmatchcase(resource, text(each)) for each in several(statement["Resource"]))
        for operator, wanted in statement.get("Condition", {}).items():
            compare = {"StringEquals": lambda one, other: one == other, "StringLike": fnmatchcase}[operator]
            for key, values in wanted.items():
                fits = fits and key in context and any(compare(context[key], text(each)) for each in several(values))
        if fits:
            return True
    return False
