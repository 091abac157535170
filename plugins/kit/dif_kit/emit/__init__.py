"""From a page's bytes to RECORD lines without a dictionary a row, where that gives exactly what the SDK's way gives.

A page is read into rows of a type made from the stream's schema, encoded in one go and written in one go. What does not
fit the type is read and written row by row, as every stream is that uses stream maps, flattening, BATCH or children.
"""

from dif_kit.emit._lines import record_lines
from dif_kit.emit._page import PageReader, page_reader
from dif_kit.emit._rows import Layout, Row, Rows
from dif_kit.emit._typed import RowTyper

__all__ = ["Layout", "PageReader", "Row", "RowTyper", "Rows", "page_reader", "record_lines"]
