"""The documentation's site: built without a warning, whole, and without anything from elsewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
from dif_kit.support import Support
from dif_site.__main__ import write
from dif_site._places import places
from dif_site._plugins import commands, taps, targets
from dif_site._settings import read_variables

ROOT = Path(__file__).parents[1]
MKDOCS = ROOT / ".venv-docs" / "bin" / "mkdocs"
SITE = ROOT / "docs" / "site"


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [MKDOCS, "build", "--strict", "--config-file", folder / "mkdocs.yml"]
    environment = {"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages as they are written, before they are built."""
    return write(ROOT, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as it is read, built from all pages."""
    folder = tmp_path_factory.mktemp("built")
    write(ROOT, folder)
    done = build(folder)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("INFO ")]
    assert (done.returncode, lines) == (0, [])
    return folder / "html"


class Fetched(HTMLParser):
    """What a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in {"script", "img", "iframe", "source"} and known.get("src"):
            self.addresses.append(str(known["src"]))
        if tag == "link" and known.get("rel") not in {"next", "prev", "canonical"} and known.get("href"):
            self.addresses.append(str(known["href"]))


@pytest.mark.slow
def test_it_is_built_without_a_warning_and_fetches_nothing_from_elsewhere(html: Path) -> None:
    files = list(html.rglob("*.html"))
    assert len(files) > 80
    for file in files:
        page = Fetched()
        page.feed(file.read_text())
        assert page.addresses, file
        assert not [address for address in page.addresses if re.match(r"(https?:)?//", address)], file
    for style in html.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text()), style


def test_a_link_to_a_heading_that_is_not_there_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "pages" / "assets").mkdir(parents=True)
    for name in ("style.css", "favicon.svg"):
        (tmp_path / "pages" / "assets" / name).write_bytes((SITE / "assets" / name).read_bytes())
    (tmp_path / "mkdocs.yml").write_text(
        f"INHERIT: {SITE / 'mkdocs.yml'}\ndocs_dir: pages\nsite_dir: html\nnav: [index.md, other.md]\n"
    )
    (tmp_path / "pages" / "index.md").write_text("# Here\n\n[there](other.md#there)\n")
    (tmp_path / "pages" / "other.md").write_text("# Other\n\n## There\n")
    assert build(tmp_path).returncode == 0, "the control"
    (tmp_path / "pages" / "other.md").write_text("# Other\n\n## Elsewhere\n")
    done = build(tmp_path)
    assert done.returncode != 0
    assert "does not contain an anchor '#there'" in done.stdout + done.stderr


def test_every_document_has_a_place() -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    apart = {"docs/site/home.md", ".github/PULL_REQUEST_TEMPLATE.md"}
    documents = {name for name in tracked if (ROOT / name).exists() and not name.startswith("changelog.d/")}
    changelogs = {name for name in documents if name.endswith("CHANGELOG.md")}
    lost = documents - apart - changelogs - set(places(ROOT))
    assert not lost, "the site does not show these: give them a place in docs/site/dif_site/_places.py"


def test_the_catalogue_says_of_every_channel_what_its_code_says(pages: dict[str, str]) -> None:
    lines = {line.split("]")[0].removeprefix("| ["): line for line in pages["channels/index.md"].split("\n")}
    for tap in taps():
        line = lines[tap.name]
        assert f">{tap.support}<" in line
        assert f"[{len(tap.stream_types)}]" in line
        assert tap.api_version in line
        assert tap.api_sunset is None or str(tap.api_sunset) in line
    assert ">beta<" in lines["tap-meta"]
    assert "| v26.0 | 2027-07-29 |" in lines["tap-meta"]
    assert "| 28 days | after the look-back |" in lines["tap-meta"]
    assert "when the provider says so" in lines["tap-microsoft-ads"]
    assert "| tap-pinterest | `pinterest.ads_analytics` | `300/min` |" in pages["channels/index.md"]


def test_every_stream_is_told_with_its_columns(pages: dict[str, str]) -> None:
    for tap in taps():
        told = pages[f"channels/streams/{tap.name}.md"]
        for stream in tap.stream_types:
            part = re.search(rf"^## {stream.name}$(.*?)(?=^## |\Z)", told, re.MULTILINE | re.DOTALL)
            assert part is not None, stream.name
            missing = [name for name in stream.row_schema()["properties"] if f"| `{name}` |" not in part[1]]
            assert not missing, stream.name


def below(program: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, program
    if isinstance(program, click.Group):
        for word, command in program.commands.items():
            yield from below(command, f"{name} {word}")


def test_every_command_is_told_with_its_options(pages: dict[str, str]) -> None:
    found = {name: program for name, program in commands() if isinstance(program, click.Command)}
    assert {"ledger", "vault", "sandbox", "dif-deploy", "dif-budget", "dif-replay"} <= set(found)
    for name, program in found.items():
        headings = re.findall(r"^#+ (.*)$", pages[f"reference/{name}.md"], re.MULTILINE)
        for words, command in below(program, name):
            assert words in headings
            for option in (option for option in command.params if isinstance(option, click.Option)):
                assert option.hidden or max(option.opts, key=len) in pages[f"reference/{name}.md"], words


def test_every_setting_and_every_verb_is_told(pages: dict[str, str]) -> None:
    for plugin in (*taps(), *targets()):
        told = pages["reference/settings.md"].split(f"## {plugin.name}\n")[1].split("\n## ")[0]
        assert not [name for name in plugin.config_jsonschema["properties"] if f"| `{name}` |" not in told]
    verbs = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert not [verb for verb in verbs if f"`make {verb}`" not in pages["reference/make.md"]]


def test_every_variable_is_explained_somewhere(pages: dict[str, str]) -> None:
    rows = dict(re.findall(r"^\| `(DIF_\w+)` \| (.*) \|$", pages["reference/variables.md"], re.MULTILINE))
    assert set(rows) == set(read_variables(ROOT))
    unexplained = [name for name, explained in rows.items() if not explained]
    assert not unexplained, (
        "no document says what these are for; what no person sets stands in docs/site/dif_site/_settings.py"
    )


@pytest.mark.parametrize("plugin", [*taps(), *targets()], ids=lambda plugin: plugin.name)
def test_a_level_of_support_has_what_it_asks_for(plugin: type) -> None:
    """docs/support.md says what; a test can hold this much of it."""
    folder = next(ROOT.glob(f"t*/{plugin.name}"))
    readme = (folder / "README.md").read_text()
    channel = plugin.name.partition("-")[2].replace("-", "_")
    level = Support(plugin.support)
    assert f"**{level.title()}.**" in readme, "make readmes writes it"
    if level is not Support.ALPHA and plugin in taps():
        assert plugin.api_version, "whoever relies on it needs to know which version is read"
        assert (ROOT / "tests" / f"test_scale_{channel}.py").exists()
        assert list((ROOT / "plugins/sandbox/dif_sandbox/sim").glob(f"{channel}*"))
    if level is Support.CERTIFIED:
        assert re.search(r"^## Proved$.*\b20\d\d-\d\d-\d\d\b", readme, re.MULTILINE | re.DOTALL)
    if level is Support.DEPRECATED:
        assert f"| `{plugin.name}` |" in (ROOT / "docs" / "support.md").read_text()
