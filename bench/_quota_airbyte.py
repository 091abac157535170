"""The same API read by airbyte-cdk's low-code source, with its own budget of 20 requests a second and 10 workers.

usage: python _quota_airbyte.py URL PARTITIONS FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from _ads import SCHEMA
from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource

NAME = "ads_performance"


def manifest(url: str, partitions: int) -> dict[str, Any]:
    stream = {
        "type": "DeclarativeStream",
        "name": NAME,
        "primary_key": [],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": url,
                "path": "/report",
                "http_method": "GET",
                "request_parameters": {"partition": "{{ stream_partition['partition'] }}"},
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["data"]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.get('next_page') }}",
                    "stop_condition": "{{ not response.get('next_page') }}",
                },
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "page",
                },
            },
            "partition_router": {
                "type": "ListPartitionRouter",
                "values": [str(number) for number in range(partitions)],
                "cursor_field": "partition",
            },
        },
    }
    return {
        "version": "7.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": [NAME]},
        "streams": [stream],
        "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": 10, "max_concurrency": 100},
        "api_budget": {
            "type": "HTTPAPIBudget",
            "policies": [
                {
                    "type": "MovingWindowCallRatePolicy",
                    "rates": [{"limit": 20, "interval": "PT1S"}],
                    "matchers": [],
                }
            ],
        },
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    }


def main() -> None:
    folder = Path(sys.argv[3])
    stream = {"name": NAME, "json_schema": SCHEMA, "supported_sync_modes": ["full_refresh"]}
    catalog = {
        "streams": [{"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}]
    }
    config, listing = folder / "config.json", folder / "catalog.json"
    config.write_text("{}")
    listing.write_text(json.dumps(catalog))
    source = ConcurrentDeclarativeSource(
        catalog=ConfiguredAirbyteCatalogSerializer.load(catalog),
        config={},
        state=[],
        source_config=manifest(sys.argv[1], int(sys.argv[2])),
    )
    launch(source, ["read", "--config", str(config), "--catalog", str(listing)])


if __name__ == "__main__":
    main()
