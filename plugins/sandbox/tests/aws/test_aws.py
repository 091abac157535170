"""KMS, Secrets Manager and STS, asked by boto3 as on AWS."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from dif_sandbox.services import Aws, Identity
from hypothesis import given, settings
from hypothesis import strategies as st

CALLER = Identity("loader", "AKIALOADER", "loadersecret")
ROLE = "arn:aws:iam::123456789012:role/LakeWriter"
CONTEXT = {"client": "acme", "name": "pinterest"}
KEY_DAYS = 7


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    writer = Identity("writer", "AKIAWRITER", "writersecret")
    service = Aws(
        tmp_path_factory.mktemp("aws"),
        callers=(CALLER,),
        roles={ROLE: writer},
        secrets={"redshift/acme": {"user": "a"}},
    )
    with service:
        yield service


@pytest.fixture
def client(aws: Aws) -> Iterator[Callable[..., Any]]:
    made = []

    def make(service: str, secret_key: str = CALLER.secret_key, access_key: str = CALLER.access_key) -> Any:
        made.append(
            boto3.client(
                service,
                endpoint_url=aws.url,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key,
                region_name="us-east-1",
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )
        )
        return made[-1]

    yield make
    control(aws, "DELETE", "faults")
    for one in made:
        one.close()


@pytest.fixture
def kms(client: Callable[..., Any]) -> Any:
    return client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["KeyId"])


def control(aws: Aws, method: str, path: str, content: object = None) -> Any:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(f"{aws.url}/_aws/{path}", body, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return json.load(answer)


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """The code of the refusal."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@settings(max_examples=25, deadline=None)
@given(plaintext=st.binary(min_size=1, max_size=4096), context=st.dictionaries(st.text(min_size=1), st.text()))
def test_what_is_encrypted_opens_with_the_same_context(aws: Aws, plaintext: bytes, context: dict[str, str]) -> None:
    kms = boto3.client(
        "kms", endpoint_url=aws.url, region_name="us-east-1", aws_access_key_id=CALLER.access_key,
        aws_secret_access_key=CALLER.secret_key, config=Config(proxies={}),
    )  # fmt: skip
    closed = kms.encrypt(KeyId="alias/dif", Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
    assert plaintext not in closed or len(plaintext) < 4
    assert kms.decrypt(CiphertextBlob=closed, EncryptionContext=context)["Plaintext"] == plaintext
    kms.close()


def test_another_context_or_a_changed_byte_does_not_open(kms: Any, key: str) -> None:
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT)
    closed = made["CiphertextBlob"]
    assert len(made["Plaintext"]) == 32
    assert kms.decrypt(CiphertextBlob=closed, EncryptionContext=CONTEXT)["Plaintext"] == made["Plaintext"]
    other = {**CONTEXT, "client": "globex"}
    assert refused(kms.decrypt, CiphertextBlob=closed, EncryptionContext=other) == "InvalidCiphertextException"
    for position in range(0, len(closed), 4):
        changed = bytearray(closed)
        changed[position] ^= 1
        code = refused(kms.decrypt, CiphertextBlob=bytes(changed), EncryptionContext=CONTEXT)
        assert code == "InvalidCiphertextException"


def test_a_ciphertext_opens_under_its_own_key_only(kms: Any, key: str) -> None:
    closed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert refused(kms.decrypt, CiphertextBlob=closed, KeyId="alias/dif") == "IncorrectKeyException"
    assert refused(kms.encrypt, KeyId="nobody", Plaintext=b"x") == "NotFoundException"


def test_a_disabled_key_and_one_about_to_be_deleted_are_refused(kms: Any, key: str) -> None:
    closed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    assert refused(kms.decrypt, CiphertextBlob=closed) == "DisabledException"
    assert refused(kms.generate_data_key, KeyId=key, KeySpec="AES_256") == "DisabledException"
    kms.enable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_DAYS)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert refused(kms.decrypt, CiphertextBlob=closed) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    assert kms.decrypt(CiphertextBlob=closed)["Plaintext"] == b"x"


def test_new_material_opens_what_the_old_one_closed(kms: Any, key: str) -> None:
    closed = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.decrypt(CiphertextBlob=closed)["Plaintext"] == b"x"
    moved = kms.re_encrypt(CiphertextBlob=closed, DestinationKeyId=key)["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=moved)["Plaintext"] == b"x"


def test_re_encryption_moves_to_another_key_and_context(kms: Any, key: str) -> None:
    closed = kms.encrypt(KeyId="alias/dif", Plaintext=b"x", EncryptionContext=CONTEXT)["CiphertextBlob"]
    moved = kms.re_encrypt(
        CiphertextBlob=closed, SourceEncryptionContext=CONTEXT, DestinationKeyId=key,
        DestinationEncryptionContext={"version": "2"},
    )  # fmt: skip
    assert moved["KeyId"].endswith(key)
    opened = kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"version": "2"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", moved["KeyId"])


def test_too_much_and_too_little_are_refused(kms: Any, key: str) -> None:
    assert refused(kms.encrypt, KeyId=key, Plaintext=b"x" * 4097) == "ValidationException"
    assert refused(kms.generate_data_key, KeyId=key) == "ValidationException"
    assert refused(kms.generate_data_key, KeyId=key, NumberOfBytes=1024, KeySpec="AES_256") == "ValidationException"
    assert len(kms.generate_data_key(KeyId=key, NumberOfBytes=64)["Plaintext"]) == 64
    assert "Plaintext" not in kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_128")


def test_names_are_told(kms: Any, key: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    assert {"alias/dif", "alias/mine"} <= {one["AliasName"] for one in kms.list_aliases()["Aliases"]}
    assert key in {one["KeyId"] for one in kms.list_keys()["Keys"]}
    assert refused(kms.create_alias, AliasName="alias/mine", TargetKeyId=key) == "AlreadyExistsException"
    assert refused(kms.create_alias, AliasName="mine", TargetKeyId=key) == "InvalidAliasNameException"


def test_keys_and_secrets_outlive_a_restart(tmp_path: Path) -> None:
    with Aws(tmp_path, callers=(CALLER,)) as service:
        keys = {"aws_access_key_id": CALLER.access_key, "aws_secret_access_key": CALLER.secret_key}

        def ask(name: str) -> Any:
            return boto3.client(name, endpoint_url=service.url, region_name="us-east-1", **keys)

        first = service.key_id
        closed = ask("kms").encrypt(KeyId=first, Plaintext=b"x")["CiphertextBlob"]
        ask("secretsmanager").create_secret(Name="a", SecretString="b")
        service.kill()
        service.start()
        assert service.key_id == first
        assert ask("kms").decrypt(CiphertextBlob=closed)["Plaintext"] == b"x"
        assert ask("secretsmanager").get_secret_value(SecretId="a")["SecretString"] == "b"
    for file in (tmp_path / "data").iterdir():
        assert file.stat().st_mode & 0o077 == 0, f"others may read {file}"


def test_a_secret_has_versions_and_an_end(client: Callable[..., Any]) -> None:
    secrets = client("secretsmanager")
    made = secrets.create_secret(Name="rotated", SecretString="one")
    secrets.put_secret_value(SecretId="rotated", SecretString="two")
    assert secrets.get_secret_value(SecretId=made["ARN"])["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId="rotated", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert refused(secrets.create_secret, Name="rotated", SecretString="x") == "ResourceExistsException"
    secrets.delete_secret(SecretId="rotated")
    assert refused(secrets.get_secret_value, SecretId="rotated") == "InvalidRequestException"
    assert refused(secrets.get_secret_value, SecretId="nobody's") == "ResourceNotFoundException"
    assert json.loads(secrets.get_secret_value(SecretId="redshift/acme")["SecretString"]) == {"user": "a"}


def test_a_role_is_taken_on_by_its_name_only(client: Callable[..., Any]) -> None:
    sts = client("sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/loader"
    lent = sts.assume_role(RoleArn=ROLE, RoleSessionName="dif", DurationSeconds=900)
    assert lent["Credentials"]["AccessKeyId"] == "AKIAWRITER"
    assert lent["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/LakeWriter/dif"
    assert refused(sts.assume_role, RoleArn=ROLE + "s", RoleSessionName="dif") == "AccessDenied"
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="dif", DurationSeconds=43_201) == "ValidationError"


def test_an_unknown_key_and_a_wrong_secret_are_refused(client: Callable[..., Any]) -> None:
    assert refused(client("kms", access_key="AKIANOBODY").list_keys) == "InvalidClientTokenId"
    assert refused(client("kms", secret_key="wrong").list_keys) == "SignatureDoesNotMatch"
    assert refused(client("sts", secret_key="wrong").get_caller_identity) == "SignatureDoesNotMatch"


def test_calls_are_counted_and_refused_on_command(aws: Aws, kms: Any, key: str) -> None:
    control(aws, "DELETE", "calls")
    control(aws, "PUT", "faults", {"action": "kms:Enc*", "code": "ThrottlingException", "times": 1})
    assert refused(kms.encrypt, KeyId=key, Plaintext=b"x") == "ThrottlingException"
    assert kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    control(aws, "PUT", "faults", {"action": "kms:*", "code": "AccessDeniedException"})
    assert refused(kms.list_keys) == "AccessDeniedException"
    control(aws, "DELETE", "faults")
    kms.list_keys()
    calls = {one["action"]: one["count"] for one in control(aws, "GET", "calls")["calls"]}
    assert calls == {"kms:Encrypt": 2, "kms:ListKeys": 2}


def test_what_is_not_there_says_so(client: Callable[..., Any]) -> None:
    assert refused(client("kms").generate_random, NumberOfBytes=8) == "UnknownOperationException"
    assert refused(client("secretsmanager").list_secret_version_ids, SecretId="a") == "UnknownOperationException"
    assert refused(client("sts").get_session_token) == "InvalidAction"
    assert refused(client("sqs").list_queues) == "UnknownOperationException"
