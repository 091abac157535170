"""The contracts of taps and targets in words are the ones that the tests hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTING = ROOT / "plugins" / "kit" / "dif_kit" / "testing"


def items(contract: str) -> list[str]:
    text = (ROOT / "docs" / f"{contract}-contract.md").read_text()
    return [" ".join(item.split()) for item in re.findall(r"^- (.+?)(?=^- |^#|\Z)", text, re.DOTALL | re.MULTILINE)]


def promises(*modules: str) -> set[str]:
    texts = [(TESTING / f"_promises_{module}.py").read_text() for module in modules]
    return {name for text in texts for name in re.findall(r"^    def (test_\w+)", text, re.MULTILINE)}


CONTRACTS = {
    "tap": (items("tap"), promises("facts", "rows", "faults")),
    "target": (items("target"), promises("target")),
}
OTHERS = {
    name
    for path in (ROOT / "tests").glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
}
STANDARD = {"test_tap_discovery", "test_target_duplicate_records"}


def named(item: str) -> set[str]:
    return set(re.findall(r"`(test_\w+)`", item))


def test_no_promise_is_in_a_module_that_is_not_looked_at() -> None:
    assert {path.stem for path in TESTING.glob("_promises_*.py")} == {
        f"_promises_{module}" for module in ("facts", "rows", "faults", "target")
    }


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_must_names_a_test_that_exists(contract: str) -> None:
    told, kept = CONTRACTS[contract]
    musts = [item for item in told if "MUST" in item]
    assert len(musts) > {"tap": 20, "target": 8}[contract]
    for item in musts:
        assert named(item), f"this MUST names no test: {item}"
        unknown = named(item) - kept - OTHERS - STANDARD
        assert not unknown, f"nothing is called {unknown}: {item}"


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_promise_of_the_suite_stands_in_the_contract(contract: str) -> None:
    told, kept = CONTRACTS[contract]
    assert kept
    assert not kept - set().union(*map(named, told))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_item_says_how_binding_it_is(contract: str) -> None:
    told, _ = CONTRACTS[contract]
    vague = [item for item in told if not re.search(r"\b(MUST|SHOULD|MAY)\b", item)]
    assert vague == [told[-1]]  # where the mistakes stand
