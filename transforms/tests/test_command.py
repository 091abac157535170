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
