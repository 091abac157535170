"""``python -m dif_kit.doctor``: a table of what is there, what is not, and what to do."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dif_kit.doctor._examine import PATIENCE_SECONDS, examine
from dif_kit.doctor._finding import Finding, Verdict
from dif_kit.doctor._project import Project

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_COLOURS: Final = {Verdict.GOOD: "green", Verdict.UNSET: "dim", Verdict.POOR: "yellow", Verdict.BROKEN: "bold red"}
_WIDTH: Final = 160


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--root", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path(), hidden=True)
def main(*, as_json: bool, root: Path) -> None:
    """Look at versions, services, credentials, clocks, rights and disk. The exit code is 1 if something is broken.

    Nothing is changed and no provider is asked; `vault check` tries credentials at their providers.
    Example: make doctor
    """
    if not as_json:
        click.echo("doctor: looking at what dif needs here", err=True)
    began = time.monotonic()
    findings = examine(Project(root.resolve(), os.environ), patience=PATIENCE_SECONDS)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _show(findings)
        click.echo(f"doctor: {_sentence(findings)}, in {time.monotonic() - began:.1f} s")
    broken = any(finding.verdict is Verdict.BROKEN for finding in findings)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(broken))  # a look that hangs in a library may hold a lock that an orderly end would wait for


def _show(findings: Sequence[Finding]) -> None:
    from rich.console import Console  # noqa: PLC0415 - 0.1 s that --json need not wait
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table("what", "", "found", "what to do")
    for finding in findings:
        verdict = Text(finding.verdict.value, style=_COLOURS[finding.verdict])
        table.add_row(Text(finding.what), verdict, Text(finding.found), Text(finding.advice))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    console.print(table)


def _sentence(findings: Sequence[Finding]) -> str:
    count = Counter(finding.verdict for finding in findings)
    if not count[Verdict.BROKEN] and not count[Verdict.POOR]:
        return f"in good health, {count[Verdict.GOOD]} looked at, {count[Verdict.UNSET]} not set up"
    return f"{count[Verdict.BROKEN]} broken, {count[Verdict.POOR]} to look at, {count[Verdict.GOOD]} in good health"


if __name__ == "__main__":
    main()
