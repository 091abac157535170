"""All stacks of all stages, checked by cdk-nag while they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infrastructure.clients import Clients
from infrastructure.foundation import Foundation
from infrastructure.registry import Registry
from infrastructure.watch import Watch
from infrastructure.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infrastructure.settings import Settings

__all__ = ["build"]


def build(outdir: str, stages: Iterable[Settings]) -> cdk.App:
    """The app, to be written into the folder."""
    app = cdk.App(
        outdir=outdir, analytics_reporting=False, context={"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True}
    )
    stages = tuple(stages)
    for region in sorted({settings.region for settings in stages}):  # functions read images of their own region alone
        Registry(app, region)
    for settings in stages:
        _stage(app, settings)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def _stage(app: cdk.App, settings: Settings) -> None:
    stage = cdk.Stage(app, settings.stage, env=cdk.Environment(region=settings.region))
    foundation = Foundation(stage, settings)
    clients = Clients(stage, settings, foundation)
    work = Work(stage, settings, foundation, clients)
    watch = Watch(stage, settings, foundation, work)
    for stack in (foundation, clients, *clients.groups, work, watch):
        part = stack.node.id.partition("-")[0]
        for name, value in {"project": "dif", "stage": settings.stage, "part": part}.items():
            cdk.Tags.of(stack).add(name, value)
