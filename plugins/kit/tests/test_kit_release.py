"""A release takes what changelog.d says of a package, and nothing else."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from dif_kit.contribute.__main__ import main
from dif_kit.contribute._release import release

DAY = date(2026, 11, 27)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with three packages, and a change or two of each."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "dif"\nversion = "0.1.0"\n')
    for folder, version in (("taps/tap-google", "0.1.0"), ("taps/tap-google-ads", "1.4.2"), ("plugins/kit", "0.3.1")):
        name = "dif-kit" if folder == "plugins/kit" else folder.partition("/")[2]
        (tmp_path / folder).mkdir(parents=True)
        text = f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = ["other"]\n'
        (tmp_path / folder / "pyproject.toml").write_text(text)
    (tmp_path / "changelog.d").mkdir()
    fragment(tmp_path, "README.md", "# Fragments")
    return tmp_path


def fragment(root: Path, name: str, text: str = "Something.") -> Path:
    file = root / "changelog.d" / name
    file.write_text(f"{text}\n")
    return file


@pytest.mark.parametrize(
    ("kinds", "before", "after"),
    [
        (("fixed",), "0.1.0", "0.1.1"),
        (("security", "fixed"), "1.4.2", "1.4.3"),
        (("fixed", "added"), "0.1.0", "0.2.0"),
        (("changed",), "1.4.2", "1.5.0"),
        (("breaking",), "0.1.0", "0.2.0"),
        (("breaking", "fixed"), "1.4.2", "2.0.0"),
    ],
)
def test_the_version_is_raised_as_the_changes_ask_for_it(root: Path, kinds: list[str], before: str, after: str) -> None:
    package = "tap-google" if before.startswith("0") else "tap-google-ads"
    for number, kind in enumerate(kinds):
        fragment(root, f"{package.removeprefix('tap-')}-{number}.{kind}.md")
    done = release(root, package, DAY)
    assert (done.before, done.version, done.changes) == (before, after, len(kinds))
    text = (root / "taps" / package / "pyproject.toml").read_text()
    assert text == f'[project]\nname = "{package}"\nversion = "{after}"\ndependencies = ["other"]\n'


def test_only_what_is_about_the_package_is_told_and_removed(root: Path) -> None:
    told = fragment(root, "google-ads-clicks.added.md", "Clicks. See [support](../docs/support.md#levels).")
    kept = [
        fragment(root, name)
        for name in ("google.fixed.md", "kit-words.added.md", "docs-site.added.md", "googly.added.md")
    ]
    release(root, "tap-google-ads", DAY)
    assert not told.exists()
    assert all(file.exists() for file in kept)
    assert (root / "taps" / "tap-google-ads" / "CHANGELOG.md").read_text() == (
        "# Changelog of tap-google-ads\n\n## 1.5.0 (2026-11-27)\n\n### Added\n\n"
        "- Clicks. See [support](../../docs/support.md#levels).\n"
    )
    release(root, "dif", DAY)
    assert [file.exists() for file in kept] == [True, True, False, False]
    assert (root / "CHANGELOG.md").read_text().count("- Something.") == 2


def test_the_latest_release_stands_first_and_a_migration_below_its_change(root: Path) -> None:
    fragment(root, "kit-words.fixed.md", "First.")
    release(root, "dif-kit", DAY)
    fragment(root, "kit-keys.breaking.md", "Keys are new.\n\n## Migration\n\nLoad anew.")
    fragment(root, "kit-more.fixed.md", "More.")
    release(root, "dif-kit", date(2026, 12, 1))
    text = (root / "plugins" / "kit" / "CHANGELOG.md").read_text()
    assert re.findall(r"^##? .*$", text, re.MULTILINE) == [
        "# Changelog of dif-kit", "## 0.4.0 (2026-12-01)", "## 0.3.2 (2026-11-27)",
    ]  # fmt: skip
    assert "### Breaking\n\n- Keys are new.\n\n  #### Migration\n\n  Load anew.\n\n### Fixed\n\n- More.\n" in text


@pytest.mark.parametrize(("given", "package"), [("google", "tap-google"), ("kit", "dif-kit"), ("dif-kit", "dif-kit")])
def test_a_package_is_known_without_its_prefix(root: Path, given: str, package: str) -> None:
    fragment(root, f"{given.removeprefix('dif-')}.fixed.md")
    assert release(root, given, DAY).package == package


@pytest.mark.parametrize(
    ("package", "name", "words"),
    [
        ("tap-gogle", "google.fixed.md", "nothing is called tap-gogle; there are dif, dif-kit, tap-google"),
        ("dif-kit", "google.fixed.md", "nothing in changelog.d is about dif-kit"),
        ("dif-kit", "kit.better.md", "write it as klaviyo-events.added.md"),
    ],
)
def test_what_cannot_be_released_is_refused_in_one_line_and_changes_nothing(
    root: Path, package: str, name: str, words: str
) -> None:
    file = fragment(root, name)
    done = CliRunner().invoke(main, ["release", package, "--root", str(root)])
    assert done.exit_code == 2
    assert words in done.output
    assert done.output.count("\n") == 1
    assert file.exists()
    assert not list(root.rglob("CHANGELOG.md"))
