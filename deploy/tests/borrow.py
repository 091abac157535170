"""What a job in Lambda does to become its client: the product's own call to STS, and what IAM lets it do after that."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.core import set_initial_no_auth_action_count

sys.path += [str(Path(__file__).parents[2] / "plugins" / name) for name in ("kit", "deploy")]

from dif_deploy._role import environment_of, session_of

__all__ = ["borrow"]


def borrow(stage: str, bucket: str, client: str, keys: list[str]) -> dict[str, Any]:
    """Who a job of the client is once it has borrowed its role; which objects it may put, and which without it."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    with _as(environment_of(f"arn:aws:iam::{account}:role/dif-{stage}-job", "function")):
        lent = environment_of(f"arn:aws:iam::{account}:role/dif-{stage}-client-{{client}}", client)
        return {
            "who": session_of(lent).client("sts").get_caller_identity()["Arn"],
            "may_put": list(_allowed(session_of(lent), bucket, keys)),
            "may_put_without": list(_allowed(session_of({}), bucket, keys)),
        }


def _allowed(session: boto3.Session, bucket: str, keys: Iterable[str]) -> Iterator[str]:
    # moto judges from here on; the trust of a role in two principals is beyond it, a test reads that in the template.
    put = set_initial_no_auth_action_count(0)(session.client("s3").put_object)
    for key in keys:
        try:
            put(Bucket=bucket, Key=key, Body=b"")
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
        else:
            yield key


@contextmanager
def _as(credentials: Mapping[str, str]) -> Iterator[None]:
    held = dict(os.environ)
    os.environ |= credentials
    boto3.setup_default_session()  # it has looked for credentials once and for all
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= held
        boto3.setup_default_session()
