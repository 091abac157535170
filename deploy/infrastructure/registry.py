"""Where releases are: the repository of the image that functions and tasks are started from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import Construct

__all__ = ["REPOSITORY", "Registry"]

REPOSITORY = "dif"
_KEPT_IMAGES = 200


class Registry(cdk.Stack):
    """One for all stages of an account in a region: what was tried in one is what the other gets, to the byte."""

    def __init__(self, scope: Construct, region: str) -> None:
        super().__init__(
            scope, f"registry-{region}", stack_name="dif-registry", env=cdk.Environment(region=region),
            termination_protection=True,
        )  # fmt: skip
        images = ecr.Repository(
            self, "Images", repository_name=REPOSITORY, image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True, removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[ecr.LifecycleRule(description="old releases", max_image_count=_KEPT_IMAGES)],
        )  # fmt: skip
        # Lambda reads the image itself when it makes a function and when one has slept for weeks: no role of ours does
        # (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html, "Amazon ECR permissions", from memory).
        images.add_to_resource_policy(iam.PolicyStatement(
            sid="Functions", principals=[iam.ServicePrincipal("lambda.amazonaws.com")],
            actions=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            conditions={"StringLike": {
                "aws:sourceArn": f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:dif-*"
            }},
        ))  # fmt: skip
        for name, value in {"project": "dif", "part": "registry"}.items():
            cdk.Tags.of(self).add(name, value)
