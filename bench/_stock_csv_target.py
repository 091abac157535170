"""The plainest target that singer-sdk's own guide leads to: a BatchSink that writes gzipped CSV, validation on."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

from singer_sdk import BatchSink, Target
from singer_sdk import typing as th


class CsvSink(BatchSink):
    """One gzipped CSV file a stream."""

    max_size = 10_000

    def setup(self) -> None:
        self._columns = list(self.schema["properties"])
        path = Path(self.config["folder"]) / f"{self.stream_name}.csv.gz"
        self._file = gzip.open(path, "wt", newline="", encoding="utf-8", compresslevel=6)  # noqa: SIM115
        self._writer = csv.writer(self._file)
        self._writer.writerow(self._columns)

    def process_batch(self, context: dict[str, Any]) -> None:
        self._writer.writerows(
            [json.dumps(value) if isinstance(value, dict | list) else value for value in map(record.get, self._columns)]
            for record in context["records"]
        )

    def clean_up(self) -> None:
        self._file.close()
        super().clean_up()


class StockTarget(Target):
    """A stock target."""

    name = "target-stock-csv"
    config_jsonschema = th.PropertiesList(th.Property("folder", th.StringType, required=True)).to_dict()
    default_sink_class = CsvSink


if __name__ == "__main__":
    StockTarget.cli()
