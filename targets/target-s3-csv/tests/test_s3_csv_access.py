"""By which right the target writes: a role that it takes on, keys that encrypt, a pointer that it may move."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dif_kit.target import find_manifests, read_rows
from dif_sandbox.services import Aws, Identity, Seaweed

ROLE = "arn:aws:iam::123456789012:role/LakeWriter"
CALLER = Identity("caller", "AKIACALLER", "caller-secret")
SCHEMA = {"type": "SCHEMA", "stream": "s", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": []}
RECORD = {"type": "RECORD", "stream": "s", "record": {"id": 1}}

Maker = Callable[..., Any]


@pytest.fixture(scope="module")
def aws(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    loader = next(identity for identity in seaweed.identities if identity.name == "loader")
    with Aws(tmp_path_factory.mktemp("aws"), callers=(CALLER,), roles={ROLE: loader}) as service:
        yield service


def as_caller(aws: Aws) -> dict[str, str]:
    """The variables of a process that may do nothing on S3 but take the role on."""
    return {
        "AWS_ENDPOINT_URL_STS": aws.url,
        "AWS_ACCESS_KEY_ID": CALLER.access_key,
        "AWS_SECRET_ACCESS_KEY": CALLER.secret_key,
    }


def test_a_role_is_taken_on_before_s3_is_called(target: Maker, aws: Aws) -> None:
    made = target(role_arn=ROLE)
    done = made.run(SCHEMA, RECORD, **as_caller(aws))
    assert done.returncode == 0, done.stderr
    assert made.ids() == [1]


@pytest.mark.parametrize("role", [{}, {"role_arn": ROLE.replace("Writer", "Nobody")}])
def test_without_the_role_the_run_ends_in_one_line(target: Maker, aws: Aws, role: dict[str, str]) -> None:
    done = target(**role).run(SCHEMA, RECORD, **as_caller(aws))
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.decode().splitlines() if line.startswith("target-s3-csv: ")]
    assert "role" in line or "access key" in line
    assert CALLER.secret_key not in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"encryption": "s3", "sse_kms_key_id": "k"}, "sse_kms_key_id"),
        ({"naming": "{stream}/{part}"}, "{run_id} must stand in it once"),
        ({"null_text": "0"}, "null_text is '0'"),
        ({"bucket": "file://elsewhere/x"}, "no local folder"),
    ],
)
def test_settings_that_contradict_are_a_usage_error(target: Maker, config: dict[str, str], words: str) -> None:
    done = target(**config).run(SCHEMA, RECORD)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.decode()


def test_the_pointer_leads_to_the_rows_and_can_be_left_out(target: Maker, seaweed: Seaweed) -> None:
    made = target(tap="pointed")
    assert made.run(SCHEMA, RECORD).returncode == 0
    key = f"{made.config['prefix']}/acme/pointed/s/latest.json"
    latest = json.loads(seaweed.client().get_object(Bucket="lake", Key=key)["Body"].read())
    (manifest,) = made.manifests()
    assert latest["manifests"] == [manifest.url]
    without = target(tap="plain", latest_pointer=False)
    assert without.run(SCHEMA, RECORD).returncode == 0
    listed = seaweed.client().list_objects_v2(Bucket="lake", Prefix=f"{made.config['prefix']}/acme/plain/")["Contents"]
    assert not [item["Key"] for item in listed if item["Key"].endswith("latest.json")]


def test_two_settings_are_enough_for_a_local_folder(target: Maker, tmp_path: Path) -> None:
    made = target(bucket=(tmp_path / "lake").as_uri(), client="acme", prefix="")
    done = made.run(SCHEMA, RECORD, {"type": "STATE", "value": {"n": 1}}, AWS_ENDPOINT_URL_S3="http://127.0.0.1:9")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"n": 1}), done.stderr
    (manifest,) = find_manifests(made.config["bucket"])
    assert [row["id"] for row in read_rows(manifest)] == ["1"]
