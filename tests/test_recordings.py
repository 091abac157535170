"""What other connectors recorded of live accounts, through both targets: no row is lost, a refusal says why.

The recordings are no part of this repository: DIF_RECORDINGS names their folder, one a channel, with lines of
``{"stream": …, "data": {…}}``.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from dif_kit.target import find_manifests, read_rows
from dif_sandbox.services import Sandbox

RECORDINGS: Final = Path(os.environ.get("DIF_RECORDINGS") or "not-given")
ROOT: Final = Path(__file__).parents[1]
BIN: Final = Path(sys.executable).parent
CHANNELS: Final = (
    *("google_ads", "meta", "tiktok", "microsoft_ads", "amazon_ads", "klaviyo", "shopify", "pinterest"),
    "appsflyer",
)
#: Names that other connectors have for the same stream.
ALIASES: Final = {
    "ad_account": "ad_accounts",
    "budget": "budgets",
    "customer_journey_summary": "order_journeys",
    "email_templates": "templates",
    "ad_group_audience_reports_by_country_daily": "ad_groups_audience_reports_by_country_daily",
    "ad_group_audience_reports_by_platform_daily": "ad_groups_audience_reports_by_platform_daily",
    "transactions": "order_transactions",
    **{
        f"sponsored_{long}_{name}": f"{short}_{name.replace('targetings', 'targets')}"
        for long, short in (("display", "sd"), ("product", "sp"), ("brands", "sb"))
        for name in ("campaigns", "ad_groups", "product_ads", "targetings", "budget_rules", "keywords")
    },
    "sponsored_product_ads": "sp_product_ads",
    "sponsored_product_negative_keywords": "sp_negative_keywords",
    "sponsored_product_campaign_negative_keywords": "sp_campaign_negative_keywords",
    **{
        f"{level}_audience_reports_daily": f"{ours}_audience_reports_by_age_and_gender_daily"
        for level, ours in (
            *(("ads", "ads"), ("ad_group", "ad_groups"), ("campaigns", "campaigns")),
            ("advertisers", "advertisers"),
        )
    },
    "creative_assets_images": "images",
    "creative_assets_videos": "videos",
    "ads_insights_action_conversion_device": "ads_insights_delivery_device",
    "ads_insights_action_type": "ads_insights",
    "ads_insights_demographics_country": "ads_insights_country",
    "ads_insights_demographics_dma_region": "ads_insights_dma",
    "ad_group_ad_legacy": "ad_performance_report",
    "display_keyword_view": "display_keyword_report",
    "geographic_view": "geographic_report",
    "keyword_view": "keyword_performance_report",
    "user_location_view": "user_location_report",
    "campaigns_detailed": "campaigns",
    "events_detailed": "events",
    "global_exclusions": "profiles",
    "custom_collections": "collections",
    "smart_collections": "collections",
}
#: Figures by the week and the month have the columns of those by the day.
LONGER: Final = re.compile(r"_(daily|weekly|monthly)$")
FILLED: Final = {"integer": 1, "number": 1, "string": "recorded", "boolean": True}


def schemas(channel: str) -> dict[str, Mapping[str, Any]]:
    """Stream -> its entry in the tap's catalog."""
    catalog = ROOT / "taps" / f"tap-{channel.replace('_', '-')}" / "tests" / "catalog.json"
    return {entry["tap_stream_id"]: entry for entry in json.loads(catalog.read_bytes())["streams"]}


def recorded(channel: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of streams that the tap has, by its names; what the tap adds to a key by itself is filled in."""
    known, found = schemas(channel), {}
    for file in sorted((RECORDINGS / channel).glob("*.jsonl")):
        for line in filter(None, file.read_text().split("\n")):
            said = json.loads(line)
            theirs = ALIASES.get(said["stream"], said["stream"])
            name = next((each for each in (theirs, LONGER.sub("", theirs)) if each in known), "")
            if name:
                properties = known[name]["schema"]["properties"]
                keys = {key: _filled(properties[key]) for key in known[name]["key_properties"]}
                found.setdefault(name, []).append({**keys, **_spelt(said["data"], properties)})
    return found


def _filled(column: Mapping[str, Any]) -> Any:
    kinds = column["type"] if isinstance(column["type"], list) else [column["type"]]
    return (
        "2026-11-20T00:00:00Z"[: 10 if column["format"] == "date" else 20] if column.get("format") else FILLED[kinds[0]]
    )


def _spelt(row: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the tap decodes it: what stands in parts is lifted, names are spelt its way, ids are texts."""
    flat = {**row, **{name: each for part in _PARTS for name, each in _part(row, part).items()}}
    flat = {name: each for name, each in flat.items() if name not in _PARTS or name in properties}
    spelt = {name: (name, name.replace(".", "_"), name.replace(" ", "")) for name in flat}
    named = {next((each for each in spelt[name] if each in properties), name): value for name, value in flat.items()}
    return {name: _read(each, properties.get(name, {})) for name, each in named.items()}


_PARTS: Final = ("attributes", "dimensions", "metrics")


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = row.get(name)
    return part if isinstance(part, dict) else {}


def _read(value: Any, column: Mapping[str, Any]) -> Any:
    """A value in the type of its column, as the taps' decoders make it of another; what is none of it stays itself."""
    types = column.get("type", ())
    if "string" not in types:
        is_number = isinstance(value, str) and {"integer", "number"} & set(types) and NUMBER.fullmatch(value)
        return json.loads(value) if is_number else value
    if isinstance(value, dict):
        return json.dumps(value)
    if column.get("format") == "date" and isinstance(value, str) and (day := DAY.match(value)):
        return "-".join(day.groups())
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (str(int(value)) if value == int(value) else str(value)) if is_number else value


NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
DAY: Final = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?=$|[T ])")


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="DIF_RECORDINGS names no folder of recordings")
@pytest.mark.parametrize("unknown_fields", ["quarantine", "evolve", "fail"])
@pytest.mark.parametrize("target", ["target-s3-csv", "target-redshift"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_every_recorded_row_is_delivered_or_refused_with_a_reason(
    *,
    sandbox: Sandbox,
    tmp_path: Path,
    channel: str,
    target: str,
    unknown_fields: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = recorded(channel)
    if not rows:
        pytest.skip(f"no recordings of {channel}")
    unknown = {stream: unannounced(schemas(channel)[stream], given) for stream, given in rows.items()}
    environment = sandbox.environment()
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    bucket = environment["TARGET_REDSHIFT_BUCKET"]
    prefix = f"recordings_{channel}_{target.replace('-', '_')}_{unknown_fields}"
    config: dict[str, Any] = {"client": "demo", "tap": f"tap-{channel}", "bucket": bucket, "prefix": prefix}
    config["unknown_fields"] = unknown_fields
    if target == "target-redshift":
        login = Path(environment["DIF_CREDENTIALS"].removeprefix("file://"), "demo", "redshift")
        config |= {"schema": prefix, "credential_ref": f"file://{login}"}
        for name in ("host", "database", "iam_role"):
            config[name] = environment[f"TARGET_REDSHIFT_{name.upper()}"]
        config["port"] = int(environment["TARGET_REDSHIFT_PORT"])
    (tmp_path / "config.json").write_text(json.dumps(config))
    done = subprocess.run(
        [BIN / target, "--config", tmp_path / "config.json"],
        input=messages(schemas(channel), rows), capture_output=True, check=False, timeout=300,
        env={**os.environ, **environment},
    )  # fmt: skip
    if unknown_fields == "fail" and done.returncode == 1:
        assert any(unknown.values())
        told = re.findall(r"stream '(\w+)' has a field that its SCHEMA has not: '([^']+)'", done.stderr.decode())
        assert told, done.stderr.decode()
        assert all(name in unknown[stream] for stream, name in told)
        return
    assert done.returncode in (0, 3), done.stderr.decode()
    delivered: dict[str, list[dict[str, str | None]]] = {stream: [] for stream in rows}
    for manifest in find_manifests(bucket, f"{prefix}/"):
        delivered[manifest.stream] += read_rows(manifest)
    refused = quarantined(bucket, prefix)
    (tmp_path / "refused.json").write_text(json.dumps(refused, indent=1))
    for stream, given in rows.items():
        reasons = refused.get(stream, [])
        assert len(delivered[stream]) + len(reasons) == len(given), stream
        assert all(reasons), stream
        if unknown_fields == "quarantine":
            assert not any(row.keys() & unknown[stream] for row in delivered[stream]), stream
            continue
        assert not [reason for reason in reasons if "no such field" in reason], stream
        for name in unknown[stream] if not reasons else ():
            found = sum(row.get(name) is not None for row in delivered[stream])
            assert found == sum(row.get(name) is not None for row in given), f"{stream}: {name}"


def unannounced(entry: Mapping[str, Any], rows: list[dict[str, Any]]) -> set[str]:
    """The fields that some row has and the tap's schema has not."""
    known = entry["schema"]["properties"].keys()
    return {name for row in rows for name, value in row.items() if value is not None} - known


def messages(known: Mapping[str, Mapping[str, Any]], rows: Mapping[str, list[dict[str, Any]]]) -> bytes:
    """The rows as a tap sends them."""
    said: list[dict[str, Any]] = []
    for stream, given in rows.items():
        entry = known[stream]
        said.append(
            {"type": "SCHEMA", "stream": stream, "schema": entry["schema"], "key_properties": entry["key_properties"]}
        )
        said += [{"type": "RECORD", "stream": stream, "record": row} for row in given]
    said.append({"type": "STATE", "value": {"bookmarks": {}}})
    return b"".join(json.dumps(each).encode() + b"\n" for each in said)


def quarantined(bucket: str, prefix: str) -> dict[str, list[str]]:
    """Stream -> why each of its rows was refused."""
    found: dict[str, list[str]] = {}
    store = boto3.client("s3")
    for page in store.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/"):
        for key in (each["Key"] for each in page.get("Contents", ()) if "/quarantine/" in each["Key"]):
            body = gzip.decompress(store.get_object(Bucket=bucket, Key=key)["Body"].read())
            for line in filter(None, body.split(b"\n")):
                said = json.loads(line)
                found.setdefault(said["stream"], []).append(str(said.get("reason", "")))
    return found
