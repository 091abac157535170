"""The buckets of the targets, and whoever keeps the clients' credentials."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dif_kit.credentials import resolve
from dif_kit.doctor._clock import clock
from dif_kit.doctor._finding import Finding, Verdict
from dif_kit.errors import ConfigError, CredentialKeeperError, DifError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.doctor._project import Project

__all__ = ["buckets", "credentials"]

_AT_ONCE: Final = 8
_CONNECT_SECONDS: Final = 2
_ANSWER_SECONDS: Final = 4


def buckets(project: Project) -> Iterator[Finding]:
    """Every bucket that a target of a client writes to: it may be written there, and its clock agrees."""
    used: dict[tuple[str, ...], list[str]] = {}
    for plugin in project.plugins:
        bucket = plugin.settings.get("bucket")
        if bucket and "://" not in str(bucket):
            words = ("bucket", "endpoint_url", "role_arn", "role_external_id", "sse_kms_key_id")
            key = tuple(str(plugin.settings.get(word) or "") for word in words)
            used.setdefault(key, []).append(plugin.client)
    if not used:
        raise ConfigError("no target has a bucket: set TARGET_REDSHIFT_BUCKET or TARGET_S3_CSV_BUCKET")
    for place, clients in sorted(used.items()):
        yield from _bucket(place, ", ".join(sorted(set(clients))))


def _bucket(place: tuple[str, ...], clients: str) -> Iterator[Finding]:
    bucket, endpoint, role, external, key_id = place
    what = f"s3 {bucket}"
    try:
        s3 = _client(endpoint, role, external)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}
        before = datetime.now(UTC)
        begun = s3.create_multipart_upload(Bucket=bucket, Key=f"dif-doctor/{_probe(clients)}", **encryption)
        after = datetime.now(UTC)
        s3.abort_multipart_upload(Bucket=bucket, Key=begun["Key"], UploadId=begun["UploadId"])
    except ClientError as error:
        told = error.response.get("Error", {}).get("Code", "refused")
        advice = _ADVICE.get(told, "look at the AWS identity, and at the policies of the bucket and its key")
        yield Finding(what, Verdict.BROKEN, f"{told}: {error.response.get('Error', {}).get('Message', '')}", advice)
        yield from _server_clock(bucket, error.response, None)
    except (BotoCoreError, ValueError) as error:
        advice = "set AWS credentials and region, or correct endpoint_url and AWS_ENDPOINT_URL_S3"
        yield Finding(what, Verdict.BROKEN, str(error), advice)
    else:
        yield Finding(what, Verdict.GOOD, f"may be written, for {clients}")
        yield from _server_clock(bucket, begun, (before, after))


def _server_clock(
    bucket: str, answer: Mapping[str, Any], between: tuple[datetime, datetime] | None
) -> Iterator[Finding]:
    """By the Date of an answer, in whole seconds."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    if date:
        now = datetime.now(UTC)
        yield clock(f"s3 {bucket}", parsedate_to_datetime(date), *(between or (now, now)))


def _client(endpoint: str, role: str, external: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=_CONNECT_SECONDS, read_timeout=_ANSWER_SECONDS)
    lent = {}
    if role:
        arguments = {"RoleArn": role, "RoleSessionName": "dif-doctor"} | ({"ExternalId": external} if external else {})
        told = boto3.client("sts", config=config).assume_role(**arguments)["Credentials"]
        lent = {
            "aws_access_key_id": told["AccessKeyId"],
            "aws_secret_access_key": told["SecretAccessKey"],
            "aws_session_token": told["SessionToken"],
        }
    return boto3.Session(**lent).client("s3", endpoint_url=endpoint or None, config=config)


def _probe(clients: str) -> str:
    return hashlib.sha256(clients.encode()).hexdigest()[:12]


_ADVICE: Final = {
    "AccessDenied": "allow s3:PutObject and s3:AbortMultipartUpload on the bucket, and its KMS key",
    "ExpiredToken": "renew the AWS session",
    "InvalidAccessKeyId": "correct AWS_ACCESS_KEY_ID",
    "NoSuchBucket": "create the bucket, or correct the setting bucket",
    "RequestTimeTooSkewed": "set this machine's clock: timedatectl set-ntp true",
    "SignatureDoesNotMatch": "correct AWS_SECRET_ACCESS_KEY",
}


def credentials(project: Project) -> Iterator[Finding]:
    """Every credential that a client's plugins refer to: it is there, and it opens here. No provider is asked."""
    wanted: dict[str, list[str]] = {}
    for plugin in project.plugins:
        if reference := plugin.settings.get("credential_ref"):
            wanted.setdefault(str(reference), []).append(plugin.name)
    if not wanted:
        raise ConfigError("no client's plugin refers to a credential: make new-client starts one")
    unset: list[tuple[str, str]] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for reference, fault in zip(wanted, pool.map(_opens, wanted), strict=True):
            match fault:
                case None:
                    yield Finding(reference, Verdict.GOOD, f"opens, for {', '.join(sorted(set(wanted[reference])))}")
                case ConfigError():
                    unset.append((reference, str(fault)))
                case _:
                    yield Finding(reference, Verdict.BROKEN, str(fault), _advice(reference, fault))
    if unset:
        yield Finding("credentials", Verdict.UNSET, f"{len(unset)} are not looked at: {unset[0][1]}")


def _advice(reference: str, fault: DifError) -> str:
    scheme, _, place = reference.partition("://")
    if isinstance(fault, CredentialKeeperError):
        return f"mend the {scheme} first, as its own lines here say; the credential may be in order"
    return f"vault put {place}" if scheme == "vault" else "correct the reference"


def _opens(reference: str) -> DifError | None:
    try:
        resolve(reference)
    except DifError as error:
        return error
    return None
