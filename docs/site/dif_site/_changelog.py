"""The changelog of all packages: what waits in fragments, then what each package has released."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_kit.contribute.changelog import by_package, written

if TYPE_CHECKING:
    from pathlib import Path

    from dif_site._links import Links

__all__ = ["changelog"]

_INTRODUCTION = """# Changelog

What a user notices, by package. How versions are counted stands in [support](contribute/support.md).
"""


def changelog(root: Path, links: Links) -> str:
    """The page: unreleased changes by package, then each package's own changelog."""
    lines = [_INTRODUCTION, "## Not released yet", ""]
    for package, fragments in by_package(root).items():
        if fragments:
            text = written(fragments, level=4)
            lines += [f"### {package}", "", links.rewritten("changelog.d/README.md", text, "changelog.md")]
    for file in sorted([*root.glob("*/*/CHANGELOG.md"), *root.glob("CHANGELOG.md")]):
        text = links.rewritten(str(file.relative_to(root)), file.read_text(encoding="utf-8"), "changelog.md")
        lines += [f"#{text}".replace("\n#", "\n##")]
    return "\n".join(lines)
