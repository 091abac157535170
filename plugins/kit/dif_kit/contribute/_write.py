"""A plan becomes files: the tap's own, and a line in each place that lists taps."""

from __future__ import annotations

import json
from keyword import iskeyword
from typing import TYPE_CHECKING, Final

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
        "routes": "\n    ".join(_routes(plan)),
        "forbidden": _forbidden(plan),
    }


def _is_alone(stream: StreamPlan, plan: TapPlan) -> bool:
    """Whether a stream has one page only: an answer that is an array says nothing of a next one."""
    return not stream.records and plan.paging != "none"


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
        if stream.hole in stream.schema["properties"]:
            yield f'    context_columns = {{"{stream.hole}": "{stream.hole}"}}'
    yield f"    primary_keys = {_tuple([json.dumps(key) for key in stream.keys])}"
    holes = {child.hole for child in plan.streams if child.parent == stream.name}
    if holes:
        yield (
            "    context_keys = {"
            + ", ".join(f'"{hole}": "{stream.keys[-1]}"' for hole in sorted(map(str, holes)))
            + "}"
        )
    if stream.is_report:
        yield '    params = {"start": "{start}", "end": "{end}"}'
        yield '    replication_key = "date"'
        yield "    window = Window(days=30, lookback_days=7)"


def _tuple(parts: list[str]) -> str:
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


_DAYS: Final = '''def days(request: ApiRequest, account: str) -> list[dict[str, Any]]:
    """A row for each day that was asked for."""
    first, last = (date.fromisoformat(request.query[name]) for name in ("start", "end"))
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [row("campaign_days", account_id=account, campaign_id="1", date=day.isoformat()) for day in dates]


'''


def _routes(plan: TapPlan) -> Iterator[str]:
    if AUTHS[plan.auth].fetches_token:
        yield 'api.on("POST", "/oauth/token", {"access_token": "token-of-an-hour", "expires_in": 3600})'
    for stream in plan.streams:
        if stream.parent is None:
            yield _route(stream, stream.path, [_row(stream, "1"), _row(stream, "2")])
            continue
        for parent in ("1", "2"):
            path = stream.path.replace(f"{{{stream.hole}}}", parent)
            if stream.is_report:
                yield f'api.on("GET", "{path}", lambda request: listed(request, "items", days(request, "{parent}")))'
            else:
                rows = [_row(stream, parent + last, parent) for last in ("1", "2")]
                yield _route(stream, path, rows)


def _route(stream: StreamPlan, path: str, rows: list[str]) -> str:
    return f'api.on("GET", "{path}", lambda request: listed(request, "{stream.records}", [{", ".join(rows)}]))'


def _row(stream: StreamPlan, key: str, parent: str = "") -> str:
    known = {stream.keys[-1]: key}
    if stream.hole in stream.schema["properties"]:
        known[str(stream.hole)] = parent
    told = [f"{json.dumps(name)}: {_literal(stream, name, value)}" for name, value in known.items()]
    if all(name.isidentifier() and not iskeyword(name) and name != "stream" for name in known):
        told = [f"{name}={_literal(stream, name, value)}" for name, value in known.items()]
        return f'row("{stream.name}", {", ".join(told)})'
    return f'row("{stream.name}", **{{{", ".join(told)}}})'


def _literal(stream: StreamPlan, column: str, value: str) -> str:
    return value if "integer" in stream.schema["properties"][column]["type"] else json.dumps(value)


def _forbidden(plan: TapPlan) -> str:
    below = next((stream for stream in plan.streams if stream.parent is not None), plan.streams[-1])
    return below.path.replace(f"{{{below.hole}}}", "1")
