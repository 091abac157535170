"""Commands that ask the providers: is a credential good, may we have one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import webbrowser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from dif_kit.errors import ConfigError, ExitCode

from dif_vault._authorize import Authorization, authorize, known_authorization
from dif_vault._records import Status
from dif_vault._settings import open_vault
from dif_vault.cli._input import read_values
from dif_vault.cli._main import PLACE, console, say

if TYPE_CHECKING:
    from dif_vault._names import SecretName

__all__ = ["COMMANDS"]

_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
_CHECK_SECONDS: Final = 120
_APP: Final = ("client_id", "client_secret")


@click.command()
@click.argument("places", type=PLACE, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def check(*, places: tuple[SecretName, ...], as_json: bool) -> None:
    """Try credentials at their providers: a process of the tap, until it has a first row. All of them if none is named.

    The exit code is 1 if one is refused. What has no tap here is not tried, and said so.
    """
    found = places or tuple(record.place for record in open_vault().records() if record.status is not Status.REVOKED)
    results = {place: _try(place) for place in found}
    if as_json:
        say(
            json.dumps([{"place": str(place), "result": r, "detail": d} for place, (r, d) in results.items()], indent=2)
        )
    else:
        from rich.table import Table  # noqa: PLC0415 - as `console` does

        table = Table("credential", "result", "detail")
        for place, (result, detail) in results.items():
            table.add_row(str(place), result, detail)
        console(table)
        say("vault: " + ", ".join(f"{sum(r == one for r, _ in results.values())} {one}" for one in _RESULTS))
    if any(result == "failed" for result, _ in results.values()):
        sys.exit(int(ExitCode.FAILED))


_RESULTS: Final = ("good", "failed", "not tried")


def _try(place: SecretName) -> tuple[str, str]:
    """The result and the tap's last words, which hold no secret."""
    name = f"tap-{place.connector.replace('_', '-')}"
    tap = shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if tap is None:
        return "not tried", f"there is no {name} here"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "config.json"
        config.write_text(json.dumps(_settings(place)))
        command = [tap, "--config", str(config)]
        # Not as the client's live run: that one may be going on.
        environment = {name: value for name, value in os.environ.items() if name != "MELTANO_ENVIRONMENT"}
        found = subprocess.run(  # noqa: S603 - a tap of this environment
            [*command, "--discover"], env=environment, capture_output=True, timeout=_CHECK_SECONDS, check=False
        )
        if found.returncode:
            return "failed", _last_words(found.stderr.decode(errors="replace"), found.returncode)
        catalog = folder / "catalog.json"
        catalog.write_text(json.dumps(_first_stream(json.loads(found.stdout))))
        return _first_row([*command, "--catalog", str(catalog)], environment, folder / "said")


def _first_row(command: list[str], environment: dict[str, str], said: Path) -> tuple[str, str]:
    """Run a tap until it has a row, or ends."""
    with said.open("wb") as log, subprocess.Popen(  # noqa: S603 - as above
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
    ) as process:  # fmt: skip
        late = threading.Timer(_CHECK_SECONDS, process.kill)
        late.start()
        has_row = any(b'"RECORD"' in line for line in process.stdout or ())
        if has_row:
            process.terminate()
        process.communicate()
        late.cancel()
    if has_row or process.returncode == 0:
        return "good", ""
    return "failed", _last_words(said.read_text(errors="replace"), process.returncode)


def _first_stream(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog with its first stream alone selected: the cheapest question that the tap knows."""
    for number, stream in enumerate(catalog["streams"]):
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = number == 0
    return catalog


def _last_words(said: str, code: int) -> str:
    lines = said.strip().splitlines()
    return lines[-1] if lines else f"exit code {code}"


def _settings(place: SecretName) -> dict[str, Any]:
    """What a tap needs to ask once; its address may come from the environment, as Meltano gives it."""
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    address = os.environ.get(f"TAP_{place.connector.upper().replace('-', '_')}_API_URL")
    settings: dict[str, Any] = {"credential_ref": str(place), "start_date": yesterday}
    return settings | ({"api_url": address} if address else {})


@click.command("authorize")
@click.argument("place", type=PLACE)
@click.option(
    "--file", type=_FILE, help="A JSON object with the app's client_id and client_secret; - is standard input."
)
@click.option("--authorize-url", help="Where the provider asks its users; default is what the channel's package says.")
@click.option("--token-url", help="Where it gives tokens.")
@click.option("--scope", "scopes", multiple=True, help="What to ask for; repeatable.")
@click.option("--port", default=8085, show_default=True, help="Of http://127.0.0.1:<port>/callback, as the app has it.")
@click.option("--wait", "patience", default=300.0, show_default=True, help="Seconds to wait for the user.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def authorize_(
    *,
    place: SecretName,
    file: Path | None,
    authorize_url: str | None,
    token_url: str | None,
    scopes: tuple[str, ...],
    port: int,
    patience: float,
    no_browser: bool,
) -> None:
    """Let a user grant access in the browser, and keep what the provider gives (OAuth 2 with PKCE).

    The app's own client_id and client_secret are those of the credential that stands in PLACE, else they are asked for.

    Example: vault authorize acme/pinterest
    """
    provider = _provider(place, authorize_url, token_url, scopes)
    vault = open_vault()
    version = vault.version_of(place)
    if version and file is None:
        app = {**vault.open(place, detail="to authorize anew").values}
    else:
        app = read_values(file, None, _APP)
    if missing := [name for name in _APP if name not in app]:
        raise ConfigError(f"{place}: the app's {' and '.join(missing)} is needed")

    def show(address: str) -> None:
        click.echo(f"vault: open this address and grant access:\n{address}", err=True)
        if not no_browser:
            webbrowser.open(address)

    values = authorize(provider, app, port=port, show=show, patience=patience)
    record = vault.put(place, values, expect=version, detail="authorized").record
    say(f"{place}: version {record.version} is in force ({record.kind}: {', '.join(record.fields)})")


def _provider(
    place: SecretName, authorize_url: str | None, token_url: str | None, scopes: tuple[str, ...]
) -> Authorization:
    known = known_authorization(place.connector)
    if known is None and not (authorize_url and token_url):
        raise ConfigError(
            f"no package here knows how {place.connector} authorizes: give --authorize-url and --token-url"
        )
    known = known or Authorization("", "")
    return Authorization(
        authorize_url or known.authorize_url,
        token_url or known.token_url,
        scopes or known.scopes,
        known.scope_separator,
        known.client_auth,
        known.token_parameters,
    )


COMMANDS: Final = (check, authorize_)
