"""A client's job reaches what is its own: objects, keys, secrets, stores; and nothing of another client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from policies import CLIENTS, DATA_KEY, DATABASE_LOGIN, LAKE, VALKEY_LOGIN, VAULT_KEY, allows


def policy_of(stage: Any, client: str) -> dict[str, Any]:
    roles = stage.of("AWS::IAM::Role")
    (role,) = [name for name, each in roles.items() if each.get("RoleName") == f"dif-{stage.name}-client-{client}"]
    assert "ManagedPolicyArns" not in roles[role]
    found = [each for each in stage.of("AWS::IAM::Policy").values() if {"Ref": role} in each["Roles"]]
    (policy,) = found
    return policy["PolicyDocument"]


def requests(owner: str) -> list[tuple[str, str, dict[str, str]]]:
    """Everything that a job of this client asks AWS for that is the client's own."""
    s3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
    return [
        ("s3:AbortMultipartUpload", f"{LAKE}/raw/{owner}/tap-x/ads/1.csv.gz", {}),
        *((f"s3:{verb}Object", f"{LAKE}/raw/{owner}/tap-x/ads/1.csv.gz", s3) for verb in ("Get", "Put")),
        *((f"s3:{verb}Object", f"{LAKE}/state/{owner}:tap-x-to-target-y/state.json", s3) for verb in ("Get", "Put")),
        ("s3:ListBucket", LAKE, {"s3:prefix": f"raw/{owner}/tap-x/"}),
        *(
            (f"kms:{verb}", VAULT_KEY, {"kms:EncryptionContext:client": owner})
            for verb in ("Decrypt", "GenerateDataKey")
        ),
    ]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_role_reaches_all_that_is_its_own_and_nothing_of_another(stage: Any, client: str) -> None:
    policy = policy_of(stage, client)
    for request in requests(client):
        assert allows(policy, *request), request
    for other in {*CLIENTS, f"{client}-two", f"{client}2", client[:-1], "*", ""} - {client}:
        for request in requests(other):
            assert not allows(policy, *request), request


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_role_lists_and_takes_away_nothing_but_under_its_own_name(stage: Any, client: str) -> None:
    policy = policy_of(stage, client)
    for prefix in ("", "raw/", "state/", f"raw/{client}", f"raw/{client}_two/", f"state/{client}-two:", "raw/*"):
        assert not allows(policy, "s3:ListBucket", LAKE, {"s3:prefix": prefix}), prefix
    assert not allows(policy, "s3:ListBucket", LAKE, {})
    own = f"{LAKE}/raw/{client}/tap-x/ads/1.csv.gz"
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObjectVersion", "s3:PutObjectAcl",
                   "s3:BypassGovernanceRetention"):  # fmt: skip
        assert not allows(policy, action, own, {}), action
    for action in ("s3:ListBucketVersions", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration", "s3:DeleteBucket"):
        assert not allows(policy, action, LAKE, {"s3:prefix": f"raw/{client}/"}), action


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_role_uses_keys_for_its_own_alone_and_through_a_service(stage: Any, client: str) -> None:
    policy = policy_of(stage, client)
    for context in ({}, {"kms:EncryptionContext:tenant": client}, {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}):
        for verb in ("Decrypt", "GenerateDataKey"):
            assert not allows(policy, f"kms:{verb}", VAULT_KEY, context), (verb, context)
    for service in ("rds", "sqs", "sns", "logs", "elasticache"):
        context = {"kms:ViaService": f"{service}.eu-central-1.amazonaws.com"}
        assert not allows(policy, "kms:Decrypt", DATA_KEY, context), service
    assert not allows(policy, "kms:Decrypt", DATA_KEY, {"kms:EncryptionContext:client": client})
    own = {"kms:EncryptionContext:client": client, "kms:ViaService": "s3.eu-central-1.amazonaws.com"}
    for verb in ("Encrypt", "ReEncryptFrom", "CreateGrant", "PutKeyPolicy", "DisableKey", "ScheduleKeyDeletion"):
        for key in (VAULT_KEY, DATA_KEY):
            assert not allows(policy, f"kms:{verb}", key, own), (verb, key)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_role_reads_the_two_logins_and_no_other_secret(stage: Any, client: str) -> None:
    policy = policy_of(stage, client)
    for secret in (DATABASE_LOGIN, VALKEY_LOGIN):
        assert allows(policy, "secretsmanager:GetSecretValue", secret, {})
        for verb in ("PutSecretValue", "UpdateSecret", "RotateSecret", "DeleteSecret", "PutResourcePolicy"):
            assert not allows(policy, f"secretsmanager:{verb}", secret, {}), verb
    assert allows(policy, "kms:Decrypt", DATA_KEY, {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"})
    for other in ("arn:aws:secretsmanager:eu-central-1:1:secret:other", f"{DATABASE_LOGIN}-two", "*"):
        assert not allows(policy, "secretsmanager:GetSecretValue", other, {}), other
    assert not allows(policy, "secretsmanager:ListSecrets", "*", {})
    assert not allows(policy, "ssm:GetParameter", "*", {})


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_role_reaches_the_stores_by_their_logins_alone(stage: Any, client: str) -> None:
    """The rows it finds there are sealed by the key of their client; the network says who comes in."""
    policy = policy_of(stage, client)
    for action in ("rds-db:connect", "rds:CreateDBSnapshot", "rds:ModifyDBInstance", "rds:DownloadDBLogFilePortion",
                   "rds-data:ExecuteStatement", "elasticache:Connect", "elasticache:ModifyReplicationGroup",
                   "elasticache:CreateSnapshot", "ec2:AuthorizeSecurityGroupIngress"):  # fmt: skip
        for resource in ("*", "arn:aws:rds:eu-central-1:1:db:dif", "arn:aws:elasticache:eu-central-1:1:user:default"):
            assert not allows(policy, action, resource, {}), action
    workers = [name for name in stage.of("AWS::EC2::SecurityGroup") if name.startswith("Workers")]
    rules = stage.of("AWS::EC2::SecurityGroupIngress").values()
    assert {json.dumps(rule["SourceSecurityGroupId"]) for rule in rules} == {
        json.dumps({"Fn::GetAtt": [*workers, "GroupId"]})
    }
    ecs = stage.machine["States"]["Jobs"]["ItemProcessor"]["States"]["ECS"]
    assert ecs["Parameters"]["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_clients_role_changes_nothing_of_the_platform(stage: Any, client: str) -> None:
    policy = policy_of(stage, client)
    for action in ("iam:PassRole", "sts:AssumeRole", "kms:ScheduleKeyDeletion", "s3:PutBucketPolicy", "s3:DeleteObject",
                   "secretsmanager:PutSecretValue", "kms:Decrypt", "s3:ListBucket", "lambda:InvokeFunction",
                   "ecs:RunTask", "states:StartExecution", "sqs:SendMessage", "logs:PutLogEvents"):  # fmt: skip
        for resource in (LAKE, DATA_KEY, VAULT_KEY, DATABASE_LOGIN, VALKEY_LOGIN, f"{LAKE}/raw/{client}/x", "*"):
            assert not allows(policy, action, resource, {}), (action, resource)


def test_the_functions_role_holds_nothing_of_a_client_itself(stage: Any) -> None:
    roles = stage.of("AWS::IAM::Role")
    (job,) = [name for name, each in roles.items() if each.get("RoleName") == f"dif-{stage.name}-job"]
    (policy,) = [
        each["PolicyDocument"] for each in stage.of("AWS::IAM::Policy").values() if {"Ref": job} in each["Roles"]
    ]
    for client in CLIENTS:
        assert allows(policy, "sts:AssumeRole", f"arn:aws:iam::1:role/dif-{stage.name}-client-{client}", {})
        for request in requests(client):
            assert not allows(policy, *request), request
    assert not allows(policy, "sts:AssumeRole", "arn:aws:iam::1:role/admin", {})
