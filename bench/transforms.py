"""make bench what=transforms: a build of the marts over many staged rows, through the sandbox's front.

20 accounts with ads of 500 days are loaded once and built; then the last 30 days come again, a tenth of them restated,
and are built incrementally. A full refresh must leave the same facts, row by row. BENCH_ROWS sets how many there are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from _measure import CONSOLE
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import connect

ROOT = Path(__file__).parents[1]
ROWS = int(os.environ.get("BENCH_ROWS", "10000000"))
ACCOUNTS, DAYS, AGAIN = 20, 500, 30
MOST_SECONDS = 120
SLOWEST = 8
TABLE = "bench.pin_promotion_report"
DIGITS = "(" + " union all ".join(f"select {digit} as n" for digit in range(10)) + ")"


def numbers(count: int) -> str:
    """A relation of the numbers below `count`, in column n."""
    places = len(str(count - 1))
    total = " + ".join(f"d{place}.n * {10**place}" for place in range(places))
    sources = " cross join ".join(f"{DIGITS} as d{place}" for place in range(places))
    return f"(select {total} as n from {sources} where {total} < {count})"


def rows(first_day: int, days: int, run: str, sequence: int, change: str) -> str:
    """The statement that loads days of every account, as a run of the tap would leave them."""
    ads = ROWS // (ACCOUNTS * DAYS)
    return f"""
    insert into {TABLE}
    select
        cast(a.n as varchar), cast(a.n as varchar) || '-' || cast(i.n / 10 as varchar),
        cast(a.n as varchar) || '-' || cast(i.n / 3 as varchar), cast(a.n as varchar) || '-' || cast(i.n as varchar),
        cast(dateadd('day', {first_day} + d.n, cast('2025-06-01' as timestamp)) as date),
        (i.n * 7919 + d.n * 104729 + a.n) % 100000 * 1000 + {change}, i.n % 5000, i.n % 50,
        cast('2026-11-01 00:00:00+00' as timestamptz), {sequence}, '{run}'
    from {numbers(ACCOUNTS)} as a cross join {numbers(days)} as d cross join {numbers(ads)} as i
    """


def note(run: str, first_day: int, days: int, finished: str) -> list[str]:
    """The statements that note a delivery and its windows."""
    begin = f"cast(dateadd('day', {first_day}, cast('2025-06-01' as timestamp)) as date)"
    facts = f"'{run}/pin_promotion_report/0', '{run}', 'bench', 'tap-pinterest', 'pin_promotion_report'"
    keys = "'{\"AD_ACCOUNT_ID\":\"' || cast(a.n as varchar) || '\"}'"
    ended = f"cast('{finished}' as timestamptz)"
    windows = f"select {facts}, {keys}, {begin}, {begin} + {days - 1}, {ended} from {numbers(ACCOUNTS)} as a"
    return [
        f"insert into bench._dif_deliveries values ({facts}, 'pin_promotion_report', 'replace', '{finished}')",
        f"insert into bench._dif_windows {windows}",
    ]


def build(environment: Mapping[str, str], folder: Path, *arguments: str) -> float:
    """Seconds of one dbt command; it must succeed."""
    variables = {
        **os.environ,
        **environment,
        "DIF_DBT_CLIENT": "bench",
        "DIF_DBT_CREDENTIAL_REF": environment["DIF_CREDENTIALS"] + "/demo/redshift",
        "DBT_TARGET_PATH": str(folder),
        "DBT_LOG_PATH": str(folder),
    }
    began = time.monotonic()
    done = subprocess.run(
        [ROOT / ".venv/bin/dif-dbt", *arguments], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout[-3000:] + done.stderr[-1000:])
    seconds = time.monotonic() - began
    nodes = json.loads((folder / "run_results.json").read_text())["results"]
    for node in sorted(nodes, key=lambda node: -node["execution_time"])[:SLOWEST]:
        CONSOLE.print(f"    {node['unique_id']:64}{node['execution_time']:8.1f} s")
    return seconds


TABLES = {
    TABLE: (
        "ad_account_id varchar(256), campaign_id varchar(256), ad_group_id varchar(256), "
        "pin_promotion_id varchar(256),"
        "date date, spend_in_micro_dollar double precision, total_impression double precision, "
        "total_clickthrough double precision, _sdc_extracted_at timestamptz, _sdc_sequence bigint, "
        "_dif_run_id varchar(256)"
    ),
    "bench._dif_deliveries": (
        "delivery_id varchar(1024), run_id varchar(256), client varchar(256), tap varchar(256), stream varchar(256), "
        "table_name varchar(256), load_method varchar(16), finished_at timestamptz"
    ),
    "bench._dif_windows": (
        "delivery_id varchar(1024), run_id varchar(256), client varchar(256), tap varchar(256), stream varchar(256), "
        "partition_keys varchar(1024), first_day date, last_day date, finished_at timestamptz"
    ),
    "bench.ad_accounts": (
        "id varchar(256), name varchar(256), currency varchar(256), _sdc_extracted_at timestamptz, "
        "_sdc_sequence bigint, _dif_run_id varchar(256)"
    ),
}
ENTITIES = (
    "insert into bench.ad_accounts select cast(a.n as varchar), 'an account', 'EUR', "
    f"cast('2025-01-01' as timestamptz), 1, 'run-1' from {numbers(ACCOUNTS)} as a"
)
ACCOUNTS_DELIVERED = (
    "insert into bench._dif_deliveries values ('a', 'run-1', 'bench', 'tap-pinterest', 'ad_accounts', "
    "'ad_accounts', 'upsert', '2026-10-14 00:00:00+00')"
)


def measure(connection: psycopg.Connection[Any], environment: Mapping[str, str], folder: Path) -> int:
    """Load, build, load again, build incrementally, refresh, compare; the exit code."""
    facts = "bench_marts.fct_media_ad_daily"
    began = time.monotonic()
    connection.execute("create schema bench")
    for name, columns in TABLES.items():
        connection.execute(f"create table {name} ({columns})")
    first = note("run-1", 0, DAYS, "2026-10-14 00:00:00+00")
    for statement in (ENTITIES, ACCOUNTS_DELIVERED, rows(0, DAYS, "run-1", 1, "0"), *first):
        connection.execute(statement)
    (count,) = connection.execute(f"select count(*) from {TABLE}").fetchone() or (0,)
    CONSOLE.print(f"{count:,} rows staged in {time.monotonic() - began:.1f} s")
    CONSOLE.print(f"first build             {build(environment, folder, 'build'):8.1f} s")

    start = DAYS - AGAIN
    connection.execute(f"delete from {TABLE} where date >= dateadd('day', {start}, cast('2025-06-01' as timestamp))")
    connection.execute(rows(start, AGAIN, "run-2", 2, "case when i.n % 10 = 0 then 1000 else 0 end"))
    for statement in note("run-2", start, AGAIN, "2026-10-15 00:00:00+00"):
        connection.execute(statement)
    incremental = build(environment, folder, "build")
    (changed,) = connection.execute("select count(*) from bench_marts.ctl_restatement_log").fetchone() or (0,)
    CONSOLE.print(f"incremental, {AGAIN} days  {incremental:10.1f} s; {changed:,} rows restated")

    connection.execute(f"create table bench.before_refresh as select * from {facts}")
    CONSOLE.print(f"full refresh            {build(environment, folder, 'run', '--full-refresh'):8.1f} s")
    (different,) = connection.execute(
        f"select count(*) from (select * from bench.before_refresh union all select * from {facts}) as together "
        "group by row_key, figures_digest, spend_native, currency_code, extracted_at, run_id "
        "having count(*) <> 2 limit 1"
    ).fetchone() or (0,)
    nothing = changed == 0
    CONSOLE.print(f"full refresh = incremental: {'no' if different else 'yes'}")
    return int(bool(different) or nothing or incremental > MOST_SECONDS)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox(folder / "sandbox", durable=False, services=("postgres", "redshift", "s3")) as sandbox:
            environment = sandbox.environment()
            with connect(environment) as connection:
                return measure(connection, environment, folder / "dbt")


if __name__ == "__main__":
    sys.exit(main())
