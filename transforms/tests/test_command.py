"""The command that runs dbt for a client."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from dif_kit.dbt import environment
from dif_kit.errors import ConfigError

ROOT = Path(__file__).parents[2]
LOGIN = '{"user": "loader", "password": "s3cret-of-shop"}'


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("SHOP_LOGIN", LOGIN)
    return {"DIF_DBT_CREDENTIAL_REF": "env://SHOP_LOGIN"}


def test_a_client_is_meltanos_environment_and_has_its_own_schema_and_folder(told: dict[str, str]) -> None:
    found = environment({**told, "MELTANO_ENVIRONMENT": "shop"}, Path("/srv/dif"))
    assert found["DIF_DBT_RAW_SCHEMA"] == found["DIF_DBT_SCHEMA"] == "shop"
    assert found["DBT_TARGET_PATH"] == "/srv/dif/.dbt/shop"
    assert (found["DIF_DBT_USER"], found["DBT_ENV_SECRET_PASSWORD"]) == ("loader", "s3cret-of-shop")


def test_where_the_project_cannot_be_written_the_folder_is_below_the_work(told: dict[str, str]) -> None:
    found = environment({**told, "MELTANO_ENVIRONMENT": "shop", "DIF_WORK": "/tmp/dif"}, Path("/app"))
    assert found["DBT_TARGET_PATH"] == found["DBT_LOG_PATH"] == "/tmp/dif/dbt/shop"


def test_a_schema_of_another_name_is_kept(told: dict[str, str]) -> None:
    found = environment({**told, "DIF_DBT_CLIENT": "globex", "DIF_DBT_RAW_SCHEMA": "globex_media"}, Path("/srv"))
    assert (found["DIF_DBT_CLIENT"], found["DIF_DBT_SCHEMA"]) == ("globex", "globex_media")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"CLUSTER": "c1"}, ("iam_role", "c1", "", "none")),
        ({"WORKGROUP": "w1"}, ("iam_role", "", "w1", "none")),
        ({"CLUSTER": "c1", "CLUSTER_USER": "loader"}, ("iam", "c1", "", "loader")),
    ],
)
def test_the_identity_of_aws_logs_in_where_the_target_does_so(told: dict[str, str], found: tuple[str, ...]) -> None:
    given = {f"TARGET_REDSHIFT_{name}": value for name, value in told.items()}
    made = environment({**given, "DIF_DBT_CLIENT": "shop", "AWS_REGION": "eu-central-1"}, Path("/srv"))
    assert tuple(made[f"DIF_DBT_{name}"] for name in ("METHOD", "CLUSTER", "WORKGROUP", "USER")) == found
    assert "DBT_ENV_SECRET_PASSWORD" not in made


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"TARGET_REDSHIFT_WORKGROUP": "w1"}, "set one of"),
        ({"DIF_DBT_CREDENTIAL_REF": "env://SHOP_LOGIN"}, "set one of"),
        ({"TARGET_REDSHIFT_AWS_ROLE": "arn:aws:iam::123456789012:role/x"}, "dbt assumes no role"),
        ({"AWS_REGION": ""}, "set AWS_REGION"),
    ],
)
def test_a_login_that_is_said_in_two_ways_or_in_half_is_named(more: dict[str, str], said: str) -> None:
    given = {"TARGET_REDSHIFT_CLUSTER": "c1", "DIF_DBT_CLIENT": "shop", "AWS_REGION": "eu-central-1"}
    with pytest.raises(ConfigError, match=said):
        environment({**given, **more}, Path("/srv"))


def test_without_a_client_nothing_is_built(told: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="DIF_DBT_CLIENT"):
        environment(told, Path("/srv"))


def test_a_credential_that_does_not_open_is_one_line_and_exit_code_2() -> None:
    variables = {**os.environ, "DIF_DBT_CLIENT": "shop", "DIF_DBT_CREDENTIAL_REF": "env://NOT_THERE"}
    done = subprocess.run(
        [ROOT / ".venv/bin/dif-dbt"], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "dif-dbt: env://NOT_THERE: the environment has no variable NOT_THERE\n"
