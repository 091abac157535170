"""Where each document of the repository stands in the site, and under which name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["SECTIONS", "navigation", "places"]

#: Section -> title -> document of the repository. What is generated is put between by `navigation`.
SECTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "guides": {
        "Clients": "docs/clients.md",
        "Credentials: the vault": "plugins/vault/README.md",
        "Budgets": "docs/budgets.md",
        "The ledger": "docs/ledger.md",
        "Recording and replaying": "docs/record-and-replay.md",
        "Transforms": "transforms/README.md",
        "Questions to the marts": "docs/analysts.md",
        "Production": "docs/production.md",
        "The planner": "plugins/deploy/README.md",
        "Security": "docs/security.md",
        "Redshift on a laptop": "docs/redshift-on-a-laptop.md",
        "The sandbox": "plugins/sandbox/README.md",
    },
    "contribute": {
        "How to contribute": "CONTRIBUTING.md",
        "Your first channel": "docs/tutorial.md",
        "The contract of a tap": "docs/tap-contract.md",
        "The contract of a target": "docs/target-contract.md",
        "Review checklist": "docs/review-checklist.md",
        "Support levels and versions": "docs/support.md",
        "Architecture": "docs/architecture.md",
        "The kit": "plugins/kit/README.md",
        "Simulated channels": "plugins/sandbox/dif_sandbox/sim/README.md",
        "The ledger's package": "plugins/ledger/README.md",
        "Faults": "docs/faults.md",
        "Scale": "docs/scale.md",
        "Benchmarks": "docs/benchmarks.md",
        "Benches": "bench/README.md",
        "Changelog fragments": "changelog.d/README.md",
        "Code of conduct": "CODE_OF_CONDUCT.md",
        "Security policy": "SECURITY.md",
    },
}
_START: Final = ("README.md", "quick-start.md")


def places(root: Path) -> dict[str, str]:
    """Document of the repository -> its page, both as paths below their roots."""
    known = dict([_START, ("docs/decisions/README.md", "decisions/index.md")])
    for section, titles in SECTIONS.items():
        known |= {source: f"{section}/{_file(source)}" for source in titles.values()}
    for group, section in (("taps", "channels"), ("targets", "destinations")):
        for readme in sorted(root.glob(f"{group}/*/README.md")):
            known[str(readme.relative_to(root))] = f"{section}/{readme.parent.name}.md"
    for decision in sorted((root / "docs/decisions").glob("[0-9]*.md")):
        known[f"docs/decisions/{decision.name}"] = f"decisions/{decision.name}"
    return known


def _file(source: str) -> str:
    folder, _, name = source.rpartition("/")
    if name != "README.md":
        return name.lower().replace("_", "-")
    return f"{folder.rpartition('/')[2].removesuffix('.d')}.md"


def navigation(root: Path, written: Mapping[str, Mapping[str, str]]) -> list[dict[str, object]]:
    """The navigation as MkDocs takes it; ``written`` are the generated pages: section -> title -> page."""
    known = places(root)
    by_section = {
        section: [{title: known[source]} for title, source in titles.items()] for section, titles in SECTIONS.items()
    }
    return [
        {"Home": "index.md"},
        {"Quick start": "quick-start.md"},
        {"Guides": by_section["guides"]},
        {"Channels": [*_pages(written["channels"]), *_channels(known)]},
        {"Destinations": [*_pages(written["destinations"]), *_plugins(known, "destinations/")]},
        {"Reference": [*_pages(written["reference"])]},
        {"Contribute": by_section["contribute"]},
        {"Decisions": [page for source, page in known.items() if source.startswith("docs/decisions/")]},
        {"Changelog": "changelog.md"},
    ]


def _pages(titles: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for title, page in titles.items():
        yield {title: page}


def _channels(known: Mapping[str, str]) -> Iterator[dict[str, list[object]]]:
    for tap in _plugins(known, "channels/"):
        for name, page in tap.items():
            yield {name: [page, {"Streams": f"channels/streams/{name}.md"}]}


def _plugins(known: Mapping[str, str], section: str) -> Iterator[dict[str, str]]:
    for source, page in known.items():
        if page.startswith(section):
            yield {source.split("/")[1]: page}
