"""The contract of a tap in words is the one that the tests hold."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONTRACT = (ROOT / "docs" / "tap-contract.md").read_text()
ITEMS = [" ".join(item.split()) for item in re.findall(r"^- (.+?)(?=^- |^#|\Z)", CONTRACT, re.DOTALL | re.MULTILINE)]
PROMISES = {
    name
    for path in (ROOT / "plugins" / "kit" / "dif_kit" / "testing").glob("_promises_*.py")
    for name in re.findall(r"^    def (test_\w+)", path.read_text(), re.MULTILINE)
}
OTHERS = {
    name
    for path in (ROOT / "tests").glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}
STANDARD = {"test_tap_discovery"}


def named(item: str) -> set[str]:
    return set(re.findall(r"`(test_\w+)`", item))


def test_every_must_names_a_test_that_exists() -> None:
    musts = [item for item in ITEMS if "MUST" in item]
    assert len(musts) > 20
    for item in musts:
        assert named(item), f"this MUST names no test: {item}"
        unknown = named(item) - PROMISES - OTHERS - STANDARD
        assert not unknown, f"nothing is called {unknown}: {item}"


def test_every_promise_of_the_suite_stands_in_the_contract() -> None:
    told = set().union(*map(named, ITEMS))
    assert not PROMISES - told


def test_every_item_says_how_binding_it_is() -> None:
    vague = [item for item in ITEMS if not re.search(r"\b(MUST|SHOULD|MAY)\b", item)]
    assert vague == [ITEMS[-1]]  # where the mistakes stand
