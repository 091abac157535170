"""The reference of settings: those of each tap and target, singer-sdk's own too, and the variables of processes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from dif_site._words import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from singer_sdk.plugin_base import PluginBase

__all__ = ["VARIABLE", "read_variables", "settings", "variables"]

VARIABLE: Final = re.compile(r"\bDIF_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
_INTRODUCTION = """# Settings

Each setting of each tap and target, those of singer-sdk included. It is given in the plugin's JSON file, in Meltano's
files under `config`, or as the variable.
"""
_TO_DBT: Final = "`dif-dbt` tells dbt how to log in, from the credential that it opens"
#: What no document needs to explain, because no person sets it.
_FROM_PROGRAM_TO_PROGRAM: Final = {
    "DIF_DBT_CLUSTER": _TO_DBT,
    "DIF_DBT_METHOD": _TO_DBT,
    "DIF_DBT_REGION": _TO_DBT,
    "DIF_DBT_USER": _TO_DBT,
    "DIF_DBT_WORKGROUP": _TO_DBT,
    "DIF_RUN_ID": "`ledger run` tells both ends of a pipe the run's id",
}
_CODE: Final = ("plugins/kit", "plugins/ledger", "plugins/vault", "plugins/deploy", "taps", "targets")
_TESTS: Final = {"tests", "testing"}


def settings(plugins: list[type[PluginBase]]) -> str:
    """The page of all settings."""
    lines = [_INTRODUCTION]
    for plugin in plugins:
        lines += [f"## {plugin.name}", ""]
        lines += table(["setting", "variable", "type", "default", "meaning"], _rows(plugin))
    return "\n".join(lines)


def _rows(plugin: type[PluginBase]) -> Iterator[list[str]]:
    schema: dict[str, Any] = json.loads(json.dumps(plugin.config_jsonschema))
    plugin.append_builtin_config(schema)
    prefix = plugin.name.upper().replace("-", "_")
    for name, facts in schema["properties"].items():
        types = facts.get("type", "object")
        kind = types if isinstance(types, str) else next(each for each in types if each != "null")
        default = facts.get("default")
        usual = "**required**" if name in schema.get("required", ()) else _default(default)
        secret = " Secret." if facts.get("secret") else ""
        meaning = f"{facts.get('description', '').rstrip('.')}.{secret}"
        yield [code(name), code(f"{prefix}_{name.upper()}"), kind, usual, meaning]


def _default(value: object) -> str:
    return "" if value is None else code(value if isinstance(value, str) else json.dumps(value))


def variables(root: Path, places: Mapping[str, str]) -> str:
    """The page of the variables that our processes read, each with the pages that explain it."""
    lines = ["# Variables", "", "What our processes take from their environment, beside the settings of plugins.", ""]
    explained = {name: _pages(root, name, places) for name in read_variables(root)}
    return "\n".join([*lines, *table(["variable", "explained in"], ([code(n), told] for n, told in explained.items()))])


def read_variables(root: Path) -> list[str]:
    """Every variable of ours that the code of packages names."""
    files = (path for folder in _CODE for path in (root / folder).rglob("*.py") if not _TESTS & set(path.parts))
    return sorted({name for path in files for name in VARIABLE.findall(path.read_text(encoding="utf-8"))})


def _pages(root: Path, name: str, places: Mapping[str, str]) -> str:
    if name in _FROM_PROGRAM_TO_PROGRAM:
        return f"{_FROM_PROGRAM_TO_PROGRAM[name]}."
    word = re.compile(rf"\b{name}\b")
    found = [
        (source, page)
        for source, page in places.items()
        if word.search((root / source).read_text(encoding="utf-8")) and not page.startswith("decisions/")
    ]
    usual = [each for each in found if not each[1].startswith(("channels/", "destinations/"))] or found[:1]
    return ", ".join(f"[{_title(root / source)}](../{page})" for source, page in usual)


def _title(document: Path) -> str:
    return document.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(":")[0]
