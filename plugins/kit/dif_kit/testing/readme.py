"""``python -m dif_kit.testing.readme``: write anew what READMEs and Meltano files say about a plugin's own facts.

A generated part stands between two markers: ``<!-- begin settings -->`` and ``<!-- end settings -->`` in README.md,
``# begin settings`` and ``# end settings`` in ``<plugin>.meltano.yml``; a README may hold ``support``, a tap's
``streams`` as well.
Files are looked for in the folder above the plugin's package; a part without markers is not written.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from dif_kit.support import Support
from dif_kit.tap import ReportStream, Tap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.plugin_base import PluginBase

    from dif_kit.tap import Stream

__all__ = ["documents", "main"]

_PLUGIN: Final = re.compile(r"(tap|target)-")


def documents(plugin: type[PluginBase]) -> dict[Path, str]:
    """The plugin's documents, each with the text it should have."""
    folder = Path(inspect.getfile(plugin)).parents[1]
    readme, meltano = folder / "README.md", folder / f"{plugin.name}.meltano.yml"
    settings = _settings(plugin)
    parts = {"settings": _settings_table(settings), "support": _support(plugin)}
    if issubclass(plugin, Tap):
        parts["streams"] = _streams_table(plugin)
    wanted = {}
    if readme.exists():
        wanted[readme] = _replaced(readme.read_text(encoding="utf-8"), parts, "<!-- {} {} -->")
    if meltano.exists():
        yaml = {"settings": "\n".join(_meltano_settings(settings))}
        wanted[meltano] = _replaced(meltano.read_text(encoding="utf-8"), yaml, "# {} {}")
    return wanted


def main() -> int:
    """Write what is not as it should be, for every installed tap and target of this environment."""
    for plugin in _installed_plugins():
        for path, text in documents(plugin).items():
            if path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                sys.stdout.write(f"docs: wrote {path}\n")
    return 0


def _installed_plugins() -> Iterator[type[PluginBase]]:
    for point in sorted(entry_points(group="console_scripts"), key=lambda point: point.name):
        if _PLUGIN.match(point.name):
            module, _, attribute = point.value.partition(":")
            yield getattr(import_module(module), attribute.partition(".")[0])


def _settings(plugin: type[PluginBase]) -> dict[str, Any]:
    """The settings without those that singer-sdk gives to every plugin."""
    builtin: dict[str, Any] = {"properties": {}}
    plugin.append_builtin_config(builtin)
    schema = plugin.config_jsonschema
    required = schema.get("required", ())
    return {
        name: {**setting, "is_required": name in required}
        for name, setting in schema["properties"].items()
        if name not in builtin["properties"]
    }


def _support(plugin: type[PluginBase]) -> str:
    """The level of support, and for a tap the version of the API with its end."""
    level: Support = getattr(plugin, "support", Support.ALPHA)
    told = f"**{level.title()}.** {level.sentence} [The levels](../../docs/support.md)."
    if issubclass(plugin, Tap) and plugin.api_version:
        until = "" if plugin.api_sunset is None else f", which the provider keeps until {plugin.api_sunset}"
        told += f"\nAPI version {plugin.api_version}{until}."
    return told


def _settings_table(settings: dict[str, Any]) -> str:
    rows = ["| setting | type | default | meaning |", "|---|---|---|---|"]
    for name, setting in settings.items():
        default = "**required**" if setting["is_required"] else _code(setting.get("default"))
        secret = " Secret." if setting.get("secret") else ""
        text = f"{setting.get('description', '').rstrip('.')}.{secret}"
        rows.append(f"| `{name}` | {_kind(name, setting).replace('date_iso8601', 'date')} | {default} | {text} |")
    return "\n".join(rows)


def _streams_table(tap: type[Tap]) -> str:
    rows = ["| stream | primary key | replication | nature | look-back |", "|---|---|---|---|---|"]
    for stream in tap.stream_types:
        keys = ", ".join(f"`{key}`" for key in stream.primary_keys)
        replication = f"by `{stream.replication_key}`" if stream.replication_key else "full"
        rows.append(f"| `{stream.name}` | {keys} | {replication} | {_nature(stream)} | {_lookback(stream)} |")
    return "\n".join(rows)


def _nature(stream: type[Stream]) -> str:
    if issubclass(stream, ReportStream):
        kind = "asynchronous report"
    elif stream.window is not None:
        kind = "figures by day"
    else:
        kind = "list"
    parent = cast("type[Stream] | None", stream.parent_stream_type)
    return f"{kind}, for each of `{parent.name}`" if parent is not None else kind


def _lookback(stream: type[Stream]) -> str:
    window = stream.window
    if window is None:
        return ""
    reach = f", of at most {window.retention_days} days" if window.retention_days is not None else ""
    return f"{window.lookback_days} days{reach}"


def _meltano_settings(settings: dict[str, Any]) -> Iterator[str]:
    yield "settings:"
    for name, setting in settings.items():
        yield f"  - name: {name}"
        yield f"    kind: {_kind(name, setting)}"
        if setting.get("secret"):
            yield "    sensitive: true"
        if "default" in setting:
            yield f"    value: {json.dumps(setting['default'])}"
        yield f"    description: {json.dumps(setting.get('description', ''), ensure_ascii=False)}"


def _kind(name: str, setting: dict[str, Any]) -> str:
    """A setting's type in Meltano's words."""
    types = setting.get("type", "string")
    kind = next(kind for kind in ([types] if isinstance(types, str) else types) if kind != "null")
    if kind == "string" and name.endswith("_date"):
        return "date_iso8601"
    return {"number": "decimal"}.get(kind, kind)


def _code(default: Any) -> str:  # noqa: ANN401 - a setting may be of any type
    return "" if default is None else f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _replaced(text: str, parts: dict[str, str], marker: str) -> str:
    for name, content in parts.items():
        begin, end = (re.escape(marker.format(word, name)) for word in ("begin", "end"))
        found = re.search(rf"^([ ]*){begin}\n.*?^[ ]*{end}$", text, re.DOTALL | re.MULTILINE)
        if found is not None:
            lines = (marker.format("begin", name), *content.splitlines(), marker.format("end", name))
            text = text[: found.start()] + _indented(lines, found[1]) + text[found.end() :]
    return text


def _indented(lines: Iterable[str], margin: str) -> str:
    return "\n".join(margin + line for line in lines)


if __name__ == "__main__":
    sys.exit(main())
