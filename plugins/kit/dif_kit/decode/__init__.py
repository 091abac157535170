"""Bytes of an answer into records, with every number kept exact."""

from dif_kit.decode._csv import CsvRecords
from dif_kit.decode._json import JsonObject, JsonRecords, KeyedLists, parse_json
from dif_kit.decode._ports import Body, Decoder, Record, UndecodableError
from dif_kit.decode._text import read_text_values, text_columns, write_numbers_as_text

__all__ = [
    "Body",
    "CsvRecords",
    "Decoder",
    "JsonObject",
    "JsonRecords",
    "KeyedLists",
    "Record",
    "UndecodableError",
    "parse_json",
    "read_text_values",
    "text_columns",
    "write_numbers_as_text",
]
