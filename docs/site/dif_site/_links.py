"""Links between documents become links between pages; files that are no documents become pages that show them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["IMAGES", "Links", "shown"]

#: Pictures of documents; the site has the folder as `images`.
IMAGES: Final = "docs/images/"

_LINK: Final = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?(\))")
_FENCE: Final = re.compile(r"^(```.*?^```$)", re.DOTALL | re.MULTILINE)
#: Folders whose content the site lists itself.
_FOLDERS: Final = {"taps": "channels/index.md", "targets": "destinations/index.md"}
_LANGUAGES: Final = {".yml": "yaml", ".py": "python", ".sql": "sql", ".json": "json", ".toml": "toml", ".css": "css"}


class Links:
    """Rewrites the links of a document for its place in the site, and notes which files are to be shown."""

    def __init__(self, root: Path, places: Mapping[str, str]) -> None:
        self._root = root
        self._places = places
        #: File of the repository -> the page that shows it.
        self.files: dict[str, str] = {}

    def rewritten(self, source: str, text: str, page: str | None = None) -> str:
        """The document's text with links as its page needs them; fences stay as they are.

        ``page`` is where it goes if it is only a part of one.

        Raises:
            FileNotFoundError: a link leads nowhere.
        """
        parts = _FENCE.split(text)
        here = posixpath.dirname(page or self._places[source])
        return "".join(part if part.startswith("```") else self._in_words(source, part, here) for part in parts)

    def _in_words(self, source: str, text: str, here: str) -> str:
        def turned(found: re.Match[str]) -> str:
            wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[2]))
            page = posixpath.relpath(self._page(source, wanted), here or ".")
            return f"{found[1]}{page}{found[3] or ''}{found[4]}"

        return _LINK.sub(turned, text)

    def _page(self, source: str, wanted: str) -> str:
        for document in (wanted, f"{wanted}/README.md"):
            if document in self._places:
                return self._places[document]
        if wanted in _FOLDERS:
            return _FOLDERS[wanted]
        if not (self._root / wanted).is_file():
            raise FileNotFoundError(f"{source} leads to {wanted}, which is no file and has no README.md in the site")
        if wanted.startswith(IMAGES):
            return wanted.removeprefix("docs/")
        self.files[wanted] = f"files/{wanted}.md"
        return self.files[wanted]


def shown(root: Path, file: str) -> str:
    """A page that shows a file of the repository as it is."""
    text = (root / file).read_text(encoding="utf-8").rstrip("\n")
    fence = "`" * (3 + max((len(run) for run in re.findall(r"`{3,}", text)), default=0))
    language = _LANGUAGES.get(posixpath.splitext(file)[1], "text")
    return f"---\nsearch:\n  exclude: true\n---\n\n# {file}\n\n{fence}{language}\n{text}\n{fence}\n"
