"""How the house is built: public surfaces, no circles, no private doors, rooms that fit a screenful or three."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 400

SOURCES = {
    ".".join(path.relative_to(member).with_suffix("").parts).removesuffix(".__init__"): path
    for group in ("plugins", "taps", "targets")
    for member in sorted((ROOT / group).iterdir())
    if (member / "pyproject.toml").exists()
    for path in sorted(member.rglob("*.py"))
    if not {"tests", "scripts"} & set(path.relative_to(member).parts)
}
PACKAGES = {name for name, path in SOURCES.items() if path.name == "__init__.py"}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text(), filename=str(SOURCES[module]))


def imports(module: str) -> Iterator[tuple[str, str, int]]:
    """What a module takes from ours: the module, the name (empty: the module itself), the line."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names if alias.name in SOURCES)
        elif isinstance(node, ast.ImportFrom) and node.module in SOURCES:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield (submodule, "", node.lineno) if submodule in SOURCES else (node.module, alias.name, node.lineno)


def public_names(module: str) -> set[str]:
    """The classes and functions that a module defines for others."""
    defined = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree(module).body if isinstance(node, defined) and not node.name.startswith("_")}


def surface(module: str) -> list[str] | None:
    """Its ``__all__``."""
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["__all__"]:
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def assigned(module: str) -> set[str]:
    """The names that a module gives values to."""
    return {
        target.id
        for node in tree(module).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def imported(module: str) -> set[str]:
    """The names that a module imports, from wherever."""
    found = (node for node in tree(module).body if isinstance(node, ast.Import | ast.ImportFrom))
    return {alias.asname or alias.name for node in found for alias in node.names}


def order(name: str) -> tuple[int, str]:
    """Constants, classes, functions."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def taken_by_others() -> dict[str, set[str]]:
    """The names of each module that other modules of ours import, by module."""
    taken: dict[str, set[str]] = {module: set() for module in SOURCES}
    for module in SOURCES:
        for other, name, _ in imports(module):
            taken[other] |= {name} if name else set()
    return taken


def complaints_about_surface(module: str, taken: set[str]) -> Iterator[str]:
    told = surface(module)
    if told is None:
        if taken:
            yield f"{module} has no __all__, but others take {sorted(taken)}"
        return
    if told != sorted(told, key=order):
        yield f"{module}: __all__ is not sorted"
    if taken - set(told):
        yield f"{module}: others take {sorted(taken - set(told))}, which __all__ does not offer"
    if module in PACKAGES and public_names(module) - set(told):
        yield f"{module}: not in __all__: {sorted(public_names(module) - set(told))}"
    defined = public_names(module) | assigned(module) | imported(module)
    if set(told) - defined:
        yield f"{module}: __all__ offers {sorted(set(told) - defined)}, which is not there"


def private_doors(module: str) -> Iterator[str]:
    """What a module takes that begins with an underscore and belongs to another folder, or one further up."""
    own = module if module in PACKAGES else module.rpartition(".")[0]
    for taken, name, line in imports(module):
        parts = [*taken.split("."), *([name] if name else [])]
        private = next((place for place, part in enumerate(parts) if part.startswith("_")), None)
        if private is not None and not f"{own}.".startswith(".".join(parts[:private]) + "."):
            yield f"{module}:{line}: {'.'.join(parts)}"


def test_the_surface_of_each_module_is_what_it_defines() -> None:
    """What others take is what ``__all__`` offers, and what it offers is there."""
    taken = taken_by_others()
    found = [complaint for module in SOURCES for complaint in complaints_about_surface(module, taken[module])]
    assert not found, "\n".join(found)


def test_nothing_private_is_taken_from_another_package() -> None:
    found = [door for module in SOURCES for door in private_doors(module)]
    assert not found, "\n".join(found)


def test_no_module_needs_itself() -> None:
    """Also not for its types alone. A package's own file only gathers."""
    graph = {module: {taken for taken, _, _ in imports(module)} - PACKAGES for module in SOURCES}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_a_file_is_one_room() -> None:
    found = {module: lines for module, path in SOURCES.items() if (lines := path.read_text().count("\n")) > MOST_LINES}
    assert not found, f"split them, or say here why each is one room: {found}"
