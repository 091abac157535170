"""What the README says of stream maps is what the SDK does."""

from __future__ import annotations

import hashlib
import logging
import re
from pathlib import Path

import yaml
from singer_sdk.mapper import PluginMapper

README = Path(__file__).parents[1] / "README.md"


def test_personal_data_is_hashed_dropped_renamed_and_filtered_before_it_is_loaded() -> None:
    (example,) = re.findall(r"```yaml\n(stream_maps:.*?)```", README.read_text(), re.DOTALL)
    mapper = PluginMapper({"stream_maps": yaml.safe_load(example)["stream_maps"]}, logger=logging.getLogger(__name__))
    text = {"type": ["string", "null"]}
    schema = {"type": "object", "properties": dict.fromkeys(("id", "email", "name", "country"), text)}
    mapper.register_raw_stream_schema("customers", schema, ["id"])
    (stream,) = mapper.stream_maps["customers"]
    ann = stream.transform({"id": "1", "email": "Ann@Shop.example", "name": "Ann", "country": "DE"})
    hashed = hashlib.sha256(b"ann@shop.example").hexdigest()
    assert ann == {"id": "1", "email_sha256": hashed, "full_name": "Ann", "country": "DE"}
    nobody = stream.transform({"id": "2", "email": None, "name": "Bo", "country": "DE"})
    assert nobody["email_sha256"] is None
    assert stream.transform({"id": "3", "email": "x", "name": "Cy", "country": "XX"}) is None
    assert set(stream.transformed_schema["properties"]) == {"id", "email_sha256", "full_name", "country"}
