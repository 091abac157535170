"""``ledger check``: what was promised, and whether it holds."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from dif_kit.errors import ExitCode

from dif_ledger import _check
from dif_ledger._facts import connected
from dif_ledger._notices import notices
from dif_ledger._notify import channels

__all__ = ["NOW", "check"]

NOW = click.option("--now", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), hidden=True, help="For rehearsals.")


@click.command()
@click.argument("client", required=False)
@click.option("--levels", default="clients", type=click.Path(file_okay=False), help="Folder of <client>.levels.yml.")
@click.option("--notify", is_flag=True, help="Tell Slack, webhook, e-mail and SNS what has changed, once.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, with the missing days.")
@NOW
def check(client: str | None, levels: str, *, notify: bool, as_json: bool, now: datetime | None) -> None:
    """Compare every stream with its service level. Ends with 3 if one is late or broken.

    Example: ledger check --notify
    """
    moment = now or datetime.now(UTC)
    with connected() as database:
        verdicts = _check.check(database, Path(levels), moment, client)
        if notify:
            told = _check.notify(database, channels(), verdicts, moment)
            click.echo(f"check: {len(told)} notices sent", err=True)
    bad = [each for each in verdicts if each.state.is_bad]
    if as_json:
        click.echo(msgspec.json.encode({"verdicts": verdicts, "missing": _check.missing_days(verdicts)}).decode())
    else:
        for notice, _ in notices(bad):
            click.echo(f"{notice.state:8} {notice.title}\n         " + notice.text.replace("\n", "\n         "))
        click.echo(f"check: {len(verdicts) - len(bad):,} of {len(verdicts):,} streams are as promised")
    sys.exit(ExitCode.PARTIAL if bad else ExitCode.COMPLETE)
