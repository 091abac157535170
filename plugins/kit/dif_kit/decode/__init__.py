"""Bytes of an answer into records, with every number kept exact."""

from dif_kit.decode._csv import CsvRecords
from dif_kit.decode._json import JsonObject, JsonRecords, KeyedLists, at_path, parse_json
from dif_kit.decode._ports import Body, Decoder, Record, UndecodableError
from dif_kit.decode._text import NumberForms, read_text_values

__all__ = [
    "Body",
    "CsvRecords",
    "Decoder",
    "JsonObject",
    "JsonRecords",
    "KeyedLists",
    "NumberForms",
    "Record",
    "UndecodableError",
    "at_path",
    "parse_json",
    "read_text_values",
]
