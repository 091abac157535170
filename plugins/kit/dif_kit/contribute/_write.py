"""A plan becomes files: the tap's own, and a line in each place that lists taps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from dif_kit.contribute._answers import forbidden, routes
from dif_kit.contribute._words import AUTHS, PAGINGS
from dif_kit.contribute._workspace import filled, join

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dif_kit.contribute._plan import StreamPlan, TapPlan

__all__ = ["register", "write_tap"]


def write_tap(plan: TapPlan, root: Path) -> Path:
    """Write the tap's folder below ``root``, the repository; gives the folder.

    Raises:
        ConfigError: there is such a tap, or no template.
    """
    folder = root / "taps" / plan.name
    paths = {
        "package": plan.package,
        "tap.meltano.yml": f"{plan.name}.meltano.yml",
        "conformance.py": f"test_{plan.package.removeprefix('tap_')}_conformance.py",
    }
    filled(root / "templates" / "tap", folder, _words(plan), paths)
    schemas = folder / plan.package / "schemas"
    schemas.mkdir()
    for stream in plan.streams:
        (schemas / f"{stream.name}.json").write_text(json.dumps(stream.schema, indent=2) + "\n")
    return folder


def register(plan: TapPlan, root: Path) -> list[Path]:
    """Name the tap where the workspace, Meltano and the changelog list taps; gives what was changed."""
    meltano = root / "meltano.yml"
    job = f"  - name: {plan.channel}-to-redshift\n    tasks:\n      - {plan.name} target-redshift\n"
    meltano.write_text(meltano.read_text().rstrip("\n") + "\n" + job)
    entry = f"`{plan.name}`: lists and daily figures from the {plan.title} API (alpha)."
    return [*join(root, plan.name, entry), meltano]


def _words(plan: TapPlan) -> dict[str, str]:
    auth, paging = AUTHS[plan.auth], PAGINGS[plan.paging]
    pagings = {paging.fact.partition("(")[0]} | {"SinglePage" for stream in plan.streams if _is_alone(stream, plan)}
    is_report = any(stream.is_report for stream in plan.streams)
    needs_url = "urlencode" in "".join(paging.page)
    required = ([] if plan.auth == "none" else ["credential_ref"]) + (["start_date"] if is_report else [])
    return {
        "name": plan.name,
        "channel": plan.channel,
        "package": plan.package,
        "secret": plan.channel.replace("-", "_"),
        "title": plan.title,
        "api_url": plan.api_url,
        "limit": plan.limit,
        "tap_class": f"Tap{plan.class_name}",
        "stream_class": f"{plan.class_name}Stream",
        "test_class": plan.class_name,
        "auth": auth.fact,
        "auth_name": auth.fact.partition("(")[0],
        "credential": json.dumps(auth.credential) if auth.credential else "dict[str, str]()",
        "credential_words": auth.words,
        "proof": auth.proof,
        "required": ", ".join(required) or "api_url",
        "paging": paging.fact,
        "paging_names": ", ".join(sorted(pagings)),
        "stream_names": "Stream, Window" if is_report else "Stream",
        "streams": "\n\n\n".join("\n".join(_class(stream, plan)) for stream in plan.streams),
        "stream_list": _tuple([stream.class_name for stream in plan.streams]),
        "page": "\n    ".join(paging.page),
        "test_imports": "from datetime import date, timedelta\n" if is_report else "",
        "test_url_import": "from urllib.parse import urlencode\n" if needs_url else "",
        "days": _DAYS if is_report else "",
        "routes": "\n    ".join(routes(plan)),
        "forbidden": forbidden(plan),
        "alone": "" if plan.paging == "link-header" else "if not place:\n        return rows\n    ",
    }


def _is_alone(stream: StreamPlan, plan: TapPlan) -> bool:
    """Whether a stream has one page only: an answer that is an array says nothing of a next one, its header may."""
    return not stream.records and plan.paging not in {"none", "link-header"}


def _class(stream: StreamPlan, plan: TapPlan) -> Iterator[str]:
    yield f"class {stream.class_name}({plan.class_name}Stream):"
    yield f'    """{stream.words}"""'
    yield ""
    yield f'    name = "{stream.name}"'
    yield f'    path = "{stream.path}"'
    if stream.records != "items":
        yield f'    records = "{stream.records}"'
    if _is_alone(stream, plan):
        yield "    paging = SinglePage()"
    parent = next((other for other in plan.streams if other.name == stream.parent), None)
    if parent is not None:
        yield f"    parent_stream_type = {parent.class_name}"
        columns = ", ".join(f'"{hole}": "{hole}"' for hole in stream.holes)
        yield f"    context_columns = {{{columns}}}"
    yield f"    primary_keys = {_tuple([json.dumps(key) for key in stream.keys])}"
    keys = _context_keys(stream, plan)
    if keys:
        told = ", ".join(f'"{key}": "{column}"' for key, column in sorted(keys.items()))
        yield f"    context_keys = {{{told}}}"
    if stream.is_report:
        yield '    params = {"start": "{start}", "end": "{end}"}'
        yield '    replication_key = "date"'
        yield "    window = Window(days=30, lookback_days=7)"


def _context_keys(stream: StreamPlan, plan: TapPlan) -> dict[str, str]:
    """What the streams below one take of its rows.

    A row that an address names by another column is still known by its key: only a key names a partition.
    """
    keys = {}
    for child in plan.streams:
        if child.parent == stream.name:
            keys[child.holes[-1]] = child.parent_field or stream.keys[-1]
            if child.parent_field is not None:
                keys[f"{child.holes[-1]}_{stream.keys[-1]}"] = stream.keys[-1]
    return keys


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


_DAYS: Final = '''def days(request: ApiRequest, account: str) -> list[dict[str, Any]]:
    """A row for each day that was asked for."""
    first, last = (date.fromisoformat(request.query[name]) for name in ("start", "end"))
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [row("campaign_days", account_id=account, campaign_id="1", date=day.isoformat()) for day in dates]


'''
