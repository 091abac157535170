"""The command `dif-dbt`: dbt on a client's schema, in a venv of its own, with a login that is found here only."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dif_kit.credentials import resolve
from dif_kit.errors import ConfigError, CredentialError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["environment", "main"]

_PROJECT: Final = Path("transforms", "dbt_project.yml")
_DBT: Final = Path(".venv-transforms", "bin", "dbt")
_USAGE: Final = 2


def environment(given: Mapping[str, str], root: Path) -> dict[str, str]:
    """What dbt gets: the variables of the caller, those of the profile, and the login of the warehouse.

    The login is a password, or the AWS identity that runs it: with TARGET_REDSHIFT_CLUSTER or _WORKGROUP, as for the
    target, the driver borrows a user for each connection; TARGET_REDSHIFT_CLUSTER_USER says which one.

    The client is DIF_DBT_CLIENT, else Meltano's environment; its schema is read and its schemas `<schema>_marts` are
    written. Each client has its own folder for what dbt writes, so that clients can be built at the same time; it is
    below DIF_WORK, or below the project's ``.dbt``.

    Raises:
        ConfigError: no client is named, or the login is said in two ways.
        CredentialError: the reference does not open; the message holds no secret.
    """
    client = given.get("DIF_DBT_CLIENT") or given.get("MELTANO_ENVIRONMENT")
    if not client:
        raise ConfigError("whose figures? set DIF_DBT_CLIENT, or run it by meltano --environment=<client>")
    schema = given.get("DIF_DBT_RAW_SCHEMA") or client
    folder = (Path(given["DIF_WORK"], "dbt") if given.get("DIF_WORK") else root / ".dbt") / client
    return {
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
        "DBT_LOG_LEVEL_FILE": "info",  # every statement, formatted twice, would cost more than some builds
        "DBT_CACHE_SELECTED_ONLY": "true",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",  # the driver's own, two lines a connection
        **given,
        "DIF_DBT_CLIENT": client,
        "DIF_DBT_RAW_SCHEMA": schema,
        "DIF_DBT_SCHEMA": given.get("DIF_DBT_SCHEMA") or schema,
        **_login(given, client),
    }


def _login(given: Mapping[str, str], client: str) -> dict[str, str]:
    names = ("CLUSTER", "WORKGROUP", "CLUSTER_USER", "AWS_ROLE")
    cluster, workgroup, user, role = (given.get(f"TARGET_REDSHIFT_{name}", "") for name in names)
    reference = given.get("DIF_DBT_CREDENTIAL_REF")
    if not cluster and not workgroup:
        login = resolve(reference or f"vault://{client}/redshift")
        return {"DIF_DBT_USER": login["user"], "DBT_ENV_SECRET_PASSWORD": login["password"]}
    if (cluster and workgroup) or reference:
        said = "TARGET_REDSHIFT_CLUSTER, TARGET_REDSHIFT_WORKGROUP, DIF_DBT_CREDENTIAL_REF"
        raise ConfigError(f"who logs in? set one of {said}")
    if role:
        raise ConfigError(f"dbt assumes no role: run it as {role}, and leave TARGET_REDSHIFT_AWS_ROLE out")
    region = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION")
    if not region:
        raise ConfigError("in which region is the warehouse? set AWS_REGION")
    place = {"DIF_DBT_CLUSTER": cluster, "DIF_DBT_WORKGROUP": workgroup, "DIF_DBT_REGION": region}
    return {**place, "DIF_DBT_METHOD": "iam" if user else "iam_role", "DIF_DBT_USER": user or "none"}


def main() -> None:
    """Become dbt, in the project's folder; the exit code is dbt's own, or 2 for a setting that is wrong."""
    try:
        root = _root(Path.cwd())
        variables = environment(os.environ, root)
    except (ConfigError, CredentialError) as wrong:
        sys.stderr.write(f"dif-dbt: {wrong}\n")
        sys.exit(_USAGE)
    program, project = root / _DBT, str((root / _PROJECT).parent)
    places = ["--project-dir", project, "--profiles-dir", project]
    os.execve(program, [str(program), *(sys.argv[1:] or ["build"]), *places], variables)  # noqa: S606 - dbt itself


def _root(here: Path) -> Path:
    """The folder with the project and its venv, here or above."""
    root = next((folder for folder in (here, *here.parents) if (folder / _PROJECT).exists()), None)
    if root is None:
        raise ConfigError(f"no {_PROJECT} in {here} or above: run it in the repository")
    if not (root / _DBT).exists():
        raise ConfigError(f"{root / _DBT} is missing: run `make install`")
    return root
