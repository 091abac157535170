"""`ledger run --direct` against `ledger run` through Meltano: one small run of the same tap, target, client and ledger.

Next to nothing is read, so what is left is start and end: the plugins, the proof, and in between Meltano or not. Plain
`meltano run`, without a witness, stands beside them. The ratio says how many times as fast the direct run is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from _measure import Case, ratio, report, run_in_turn
from dif_sandbox.services import Sandbox

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
PAIR = ("tap-pinterest", "target-redshift")


def environment(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Where Meltano and the ledger keep what is theirs; one small stream is selected."""
    told = sandbox.environment()
    return {
        **told,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "MELTANO_PROJECT_ROOT": str(ROOT),
        "MELTANO_STATE_BACKEND_URI": f"file://{folder / 'state'}",
        "MELTANO_SYS_DIR_ROOT": str(folder / "meltano"),
        "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
        "DIF_LEDGER_URL": told["DIF_VAULT_URL"],
        "TAP_PINTEREST_START_DATE": "2026-10-30",
        "TAP_PINTEREST__SELECT": json.dumps(["ad_accounts.*"]),
        "TARGET_REDSHIFT_SCHEMA": "started",
        "TARGET_REDSHIFT_PREFIX": "started",
    }


def configs(settings: dict[str, str], folder: Path) -> list[str]:
    """The same settings as Meltano has them, in files; the catalog with the same selection."""
    everything = {**os.environ, **settings}
    files = {}
    for plugin in PAIR:
        command = [BIN / "meltano", "--environment=demo", "config", "--unsafe", "print", plugin]
        told = json.loads(subprocess.run(command, env=everything, capture_output=True, check=True, cwd=ROOT).stdout)
        files[plugin] = folder / f"{plugin}.json"
        files[plugin].write_text(json.dumps({name: value for name, value in told.items() if value is not None}))
    dump = [BIN / "meltano", "--environment=demo", "--log-level=error", "invoke", "--dump=catalog", PAIR[0]]
    catalog = folder / "catalog.json"
    catalog.write_bytes(subprocess.run(dump, env=everything, capture_output=True, check=True, cwd=ROOT).stdout)
    taps, targets = (str(files[plugin]) for plugin in PAIR)
    return ["--tap-config", taps, "--target-config", targets, "--catalog", str(catalog)]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place, Sandbox(Path(place) / "sandbox", durable=False) as sandbox:
        folder = Path(place)
        settings = environment(sandbox, folder)
        credentials = settings["DIF_CREDENTIALS"].removeprefix("file://")
        for command in (["vault", "init"], ["vault", "import", credentials], ["ledger", "init"]):
            done = subprocess.run(
                [BIN / command[0], *command[1:]], env={**os.environ, **settings}, capture_output=True, check=False
            )
            if done.returncode:
                sys.exit(f"bench: {' '.join(command)}: {done.stderr.decode()}")
        supervised = [BIN / "ledger", "run", "demo", *PAIR, "--logs", str(folder / "logs")]
        direct = [*supervised, "--direct", *configs(settings, folder), "--state", str(folder / "state.json")]
        cases = [
            Case("ledger run --direct", direct, 1, settings),
            Case("ledger run (Meltano)", supervised, 1, settings),
            Case("meltano run", [BIN / "meltano", "--environment=demo", "run", *PAIR], 1, settings),
        ]
        measured = run_in_turn(cases, given.rounds)
    factor = ratio(measured, "ledger run --direct", "ledger run (Meltano)")
    report(
        "ledger_start",
        measured,
        ratio=factor,
        of="ledger run --direct over Meltano",
        packages=["meltano", "singer-sdk"],
        against_plain_meltano=round(ratio(measured, "ledger run --direct", "meltano run"), 2),
    )


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
