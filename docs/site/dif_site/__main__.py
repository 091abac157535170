"""``python -m dif_site FOLDER``: write the pages of the site, and the configuration that MkDocs builds them by."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from dif_site._catalogue import at_a_glance, catalogue
from dif_site._changelog import changelog
from dif_site._commands import command, options_of_plugins, verbs
from dif_site._links import IMAGES, Links, shown
from dif_site._places import navigation, places
from dif_site._plugins import commands, taps, targets
from dif_site._settings import settings, variables
from dif_site._streams import streams
from dif_site._targets import destinations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["main", "write"]

_ROOT: Final = Path(__file__).parents[3]
_OWN: Final = _ROOT / "docs" / "site"


def write(root: Path, folder: Path) -> dict[str, str]:
    """Write every page below ``folder/pages`` and ``folder/mkdocs.yml``; gives the pages, by their paths.

    Raises:
        FileNotFoundError: a link of a document leads nowhere.
    """
    pages = dict(_pages(root))
    shutil.rmtree(folder / "pages", ignore_errors=True)
    for page, text in pages.items():
        file = folder / "pages" / page
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.copytree(_OWN / "assets", folder / "pages" / "assets")
    shutil.copytree(root / IMAGES, folder / "pages" / "images")
    configuration = {
        "INHERIT": str(_OWN / "mkdocs.yml"),
        "docs_dir": "pages",
        "site_dir": "html",
        "nav": navigation(root, _generated()),
    }
    (folder / "mkdocs.yml").write_bytes(msgspec.yaml.encode(configuration))
    return pages


def _generated() -> dict[str, dict[str, str]]:
    """The pages that code alone has written, as the navigation lists them: section -> title -> page."""
    of_commands = {name: f"reference/{name}.md" for name, _ in commands()}
    usual = {
        "make": "reference/make.md",
        "Taps and targets": "reference/plugins.md",
        "Settings": "reference/settings.md",
        "Variables": "reference/variables.md",
    }
    return {
        "channels": {"Catalogue": "channels/index.md"},
        "destinations": {"Overview": "destinations/index.md"},
        "reference": of_commands | usual,
    }


def _pages(root: Path) -> Iterator[tuple[str, str]]:
    known = places(root)
    links = Links(root, known)
    home = "docs/site/home.md"
    yield "index.md", links.rewritten(home, (root / home).read_text(encoding="utf-8"), "index.md")
    by_readme = {f"taps/{tap.name}/README.md": tap for tap in taps()}
    for source, page in known.items():
        text = links.rewritten(source, (root / source).read_text(encoding="utf-8"))
        if source in by_readme:
            title, _, rest = text.partition("\n")
            text = "\n".join([title, "", *at_a_glance(by_readme[source]), rest])
        if source == "docs/decisions/README.md":
            text += "\n" + "\n".join(_decisions(root, known)) + "\n"
        yield page, text
    yield "channels/index.md", catalogue(taps())
    for tap in taps():
        yield f"channels/streams/{tap.name}.md", streams(tap)
    yield "destinations/index.md", destinations(targets())
    for name, program in commands():
        yield f"reference/{name}.md", command(name, program)
    yield "reference/make.md", verbs(root)
    yield "reference/plugins.md", options_of_plugins({"Every tap": taps()[0], **{t.name: t for t in targets()}})
    yield "reference/settings.md", settings([*taps(), *targets()])
    yield "reference/variables.md", variables(root, known)
    yield "changelog.md", changelog(root, links)
    for file, page in links.files.items():
        yield page, shown(root, file)


def _decisions(root: Path, known: Mapping[str, str]) -> Iterator[str]:
    for source, page in known.items():
        if page.startswith("decisions/0"):
            title = (root / source).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
            yield f"- [{title.replace('. ', ': ', 1)}]({page.removeprefix('decisions/')})"


def main() -> int:
    """Write the site's pages into the folder that the command line names."""
    folder = Path(sys.argv[1])
    pages = write(_ROOT, folder)
    sys.stdout.write(f"docs: wrote {len(pages)} pages into {folder / 'pages'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
