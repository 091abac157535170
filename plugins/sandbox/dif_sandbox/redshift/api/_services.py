"""The two services as AWS's endpoint asks them: Redshift by the query protocol, Redshift Serverless by JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from dif_sandbox.aws import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.aws import Signer
    from dif_sandbox.redshift.api._actions import Actions

__all__ = ["Redshift", "RedshiftServerless"]


@dataclass(frozen=True, slots=True)
class Redshift:
    """The cluster's own API."""

    actions: Actions
    namespace: ClassVar[str] = "http://redshift.amazonaws.com/doc/2012-12-01/"

    async def call(self, action: str, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
        """Tell where the cluster is, or lend a user."""
        if action not in ("DescribeClusters", "GetClusterCredentials", "GetClusterCredentialsWithIAM"):
            raise AwsError("InvalidAction", f"the sandbox has no action {action}")
        actions = self.actions
        identifier = actions.find(asked.get("ClusterIdentifier"), "ClusterNotFound")
        if action == "DescribeClusters":
            endpoint = {"Address": "localhost", "Port": actions.port}
            facts = {"ClusterIdentifier": identifier, "ClusterStatus": "available", "Endpoint": endpoint}
            return {"Clusters": {"Cluster": {**facts, "DBName": actions.config.postgres.database}}}
        if action == "GetClusterCredentials":
            make = asked.get("AutoCreate") == "true"
            lent = await actions.lend("IAMA:" if make else "IAM:", asked.get("DbUser", "").lower(), asked, make=make)
        else:
            lent = await actions.lend_own(signer.identity, asked)
        return {"DbUser": lent.user, "DbPassword": lent.password, "Expiration": lent.expires_at.isoformat()}


@dataclass(frozen=True, slots=True)
class RedshiftServerless:
    """The work group's API."""

    actions: Actions
    namespace: ClassVar[str] = ""

    async def call(self, action: str, asked: Mapping[str, Any], signer: Signer) -> dict[str, Any]:
        """Tell where the work group is, or lend a user."""
        if action not in ("GetCredentials", "GetWorkgroup"):
            raise AwsError("UnknownOperationException", f"the sandbox has no action {action}")
        identifier = self.actions.find(asked.get("workgroupName"), "ResourceNotFoundException")
        if action == "GetWorkgroup":
            endpoint = {"address": "localhost", "port": self.actions.port}
            return {"workgroup": {"workgroupName": identifier, "status": "AVAILABLE", "endpoint": endpoint}}
        given = {"DurationSeconds": str(asked["durationSeconds"])} if "durationSeconds" in asked else {}
        lent = await self.actions.lend_own(signer.identity, given)
        ends = lent.expires_at.timestamp()
        return {"dbUser": lent.user, "dbPassword": lent.password, "expiration": ends, "nextRefreshTime": ends}
