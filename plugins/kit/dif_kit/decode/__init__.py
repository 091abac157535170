"""Bytes of an answer into records, with every number kept exact."""

from dif_kit.decode._around import Around
from dif_kit.decode._cells import Cells, Parts, Words
from dif_kit.decode._chosen import Chosen
from dif_kit.decode._csv import CsvRecords
from dif_kit.decode._digested import Digested
from dif_kit.decode._distinct import Distinct
from dif_kit.decode._gathered import Gathered
from dif_kit.decode._grouped import Grouped
from dif_kit.decode._joined import Elements, Joined
from dif_kit.decode._json import JsonLines, JsonObject, JsonRecords, KeyedLists, at_path, parse_json
from dif_kit.decode._json_api import JsonApi
from dif_kit.decode._lifted import Lifted
from dif_kit.decode._limits import Limits
from dif_kit.decode._names import ColumnNames
from dif_kit.decode._numbered import Numbered
from dif_kit.decode._packed import Gzip, Zip, open_gzip
from dif_kit.decode._parsed import Parsed
from dif_kit.decode._picked import Picked
from dif_kit.decode._ports import Body, Decoder, Record, UndecodableError, preamble_of
from dif_kit.decode._text import NumberForms, TextReader, read_text_values
from dif_kit.decode._unfolded import Unfolded
from dif_kit.decode._xlsx import XlsxRecords
from dif_kit.decode._xml import XmlRecords, parse_xml

__all__ = [
    "Around",
    "Body",
    "Cells",
    "Chosen",
    "ColumnNames",
    "CsvRecords",
    "Decoder",
    "Digested",
    "Distinct",
    "Elements",
    "Gathered",
    "Grouped",
    "Gzip",
    "Joined",
    "JsonApi",
    "JsonLines",
    "JsonObject",
    "JsonRecords",
    "KeyedLists",
    "Lifted",
    "Limits",
    "NumberForms",
    "Numbered",
    "Parsed",
    "Parts",
    "Picked",
    "Record",
    "TextReader",
    "UndecodableError",
    "Unfolded",
    "Words",
    "XlsxRecords",
    "XmlRecords",
    "Zip",
    "at_path",
    "open_gzip",
    "parse_json",
    "parse_xml",
    "preamble_of",
    "read_text_values",
]
