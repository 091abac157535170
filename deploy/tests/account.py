"""An AWS account in moto that has the stacks of one stage, taken from their templates as the app wrote them.

It is imported with the venv of the CDK, which has moto; tests have not.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import boto3
from gaps import fill
from moto import mock_aws

__all__ = ["account"]


@contextmanager
def account(assembly: Path, stage: str) -> Iterator[dict[str, dict[str, Any]]]:
    """All stacks of the stage, in the order of their dependencies: their status, what was made, and what was not."""
    fill()
    logging.getLogger("moto").setLevel(logging.CRITICAL)  # what it leaves out is told, and judged by a test
    warnings.simplefilter("ignore")
    with mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}):
        # What `cdk bootstrap` has left in an account.
        boto3.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="21", Type="String")
        found = [*_in_order(assembly), *_in_order(assembly / f"assembly-{stage}")]
        yield {name.removeprefix(f"dif-{stage}-"): _brought_up(name, template) for name, template in found}


def _in_order(assembly: Path) -> Iterator[tuple[str, Path]]:
    """The stacks of an assembly, each after those it depends on: as the CDK's own command takes them."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    for name in TopologicalSorter(
        {name: each.get("dependencies", ()) for name, each in artifacts.items()}
    ).static_order():
        told = artifacts[name]
        if told["type"] == "aws:cloudformation:stack":
            yield told["properties"]["stackName"], assembly / told["properties"]["templateFile"]


def _brought_up(name: str, template: Path) -> dict[str, Any]:
    stacks = boto3.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=template.read_text(), Capabilities=["CAPABILITY_NAMED_IAM"])
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    made = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for page in stacks.get_paginator("list_stack_resources").paginate(StackName=name)
        for each in page["StackResourceSummaries"]
    }
    wanted = json.loads(template.read_text())["Resources"]
    left_out = sorted({each["Type"] for name, each in wanted.items() if name not in made})
    return {"status": stack["StackStatus"], "made": made, "left_out": left_out}
