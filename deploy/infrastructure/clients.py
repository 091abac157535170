"""A role for each client: what a job of one client may reach, and nothing of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from infrastructure.settings import group_of

if TYPE_CHECKING:
    from constructs import Construct

    from infrastructure.foundation import Foundation
    from infrastructure.settings import Settings

__all__ = ["Clients"]


class Clients(cdk.Stack):
    """The functions' role, which may borrow those of the clients, and the stacks in which these are."""

    def __init__(self, scope: Construct, settings: Settings, foundation: Foundation) -> None:
        super().__init__(
            scope, "clients", stack_name=settings.name("clients"), env=cdk.Environment(region=settings.region)
        )
        self.role_pattern = f"arn:{self.partition}:iam::{self.account}:role/{settings.name('client')}-"
        self.job_role = iam.Role(
            self, "JobFunction", role_name=settings.name("job"),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="The function that runs short jobs; what is a client's it reaches by the client's role alone",
        )  # fmt: skip
        groups: dict[int, list[str]] = {}
        for name in settings.clients:
            groups.setdefault(group_of(name), []).append(name)
        self.groups = [
            _Group(scope, f"clients-{number:02}", names, settings, foundation, self.job_role)
            for number, names in sorted(groups.items())
        ]


class _Group(cdk.Stack):
    """The roles of some clients."""

    def __init__(  # noqa: PLR0917 - what a stack needs of the others
        self, scope: Construct, name: str, clients: list[str], settings: Settings, foundation: Foundation,
        job_role: iam.Role,
    ) -> None:  # fmt: skip
        super().__init__(scope, name, stack_name=settings.name(name), env=cdk.Environment(region=settings.region))
        self._job_role = job_role
        for client in clients:
            self._role(client, settings, foundation)

    def _role(self, client: str, settings: Settings, foundation: Foundation) -> None:
        lake = foundation.lake.bucket_arn
        role = iam.Role(
            self, f"Client-{client}", role_name=settings.name("client", client),
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("ecs-tasks.amazonaws.com", conditions={
                    "StringEquals": {"aws:SourceAccount": self.account}
                }),
                iam.ArnPrincipal(self._job_role.role_arn),
            ),
            max_session_duration=cdk.Duration.hours(1),
        )  # fmt: skip
        cdk.Tags.of(role).add("client", client)
        for statement in (
            iam.PolicyStatement(
                sid="Objects", actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
                resources=[f"{lake}/raw/{client}/*", f"{lake}/state/{client}:*"],
            ),
            iam.PolicyStatement(
                sid="List", actions=["s3:ListBucket"], resources=[lake],
                conditions={"StringLike": {"s3:prefix": [f"raw/{client}/*", f"state/{client}:*"]}},
            ),
            iam.PolicyStatement(
                sid="ObjectsKey", actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[foundation.data_key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"s3.{settings.region}.amazonaws.com"}},
            ),
            iam.PolicyStatement(
                sid="Vault", actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[foundation.vault_key.key_arn],
                conditions={"StringEquals": {"kms:EncryptionContext:client": client}},
            ),
            iam.PolicyStatement(
                sid="Logins", actions=["secretsmanager:GetSecretValue"],
                resources=[
                    foundation.variables["DIF_DATABASE_SECRET"],
                    foundation.variables["DIF_REDIS_SECRET"],
                ],
            ),
            iam.PolicyStatement(
                sid="LoginsKey", actions=["kms:Decrypt"], resources=[foundation.data_key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{settings.region}.amazonaws.com"}},
            ),
        ):  # fmt: skip
            role.add_to_policy(statement)
