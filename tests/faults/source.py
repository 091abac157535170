"""A Singer tap of two streams: ``source.py <first place> <last place> <run id>``, the same lines every time."""

from __future__ import annotations

import json
import sys

from truth import KEYS, SCHEMAS, row

STATE_EVERY = 10


def write(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")


def main(first: int, last: int, run_id: str) -> None:
    for stream, schema in SCHEMAS.items():
        write({"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": KEYS[stream]})
    for number in range(first, last + 1):
        for stream in SCHEMAS:
            write({"type": "RECORD", "stream": stream, "record": row(stream, number)})
        if number % STATE_EVERY == 0 and number != last:
            tell(first, number, run_id, complete=False)
    tell(first, last, run_id, complete=True)


def tell(first: int, number: int, run_id: str, *, complete: bool) -> None:
    sent = {"records": number + 1 - first}
    receipt = {"run_id": run_id, "streams": dict.fromkeys(SCHEMAS, sent), "complete": complete}
    write({"type": "STATE", "value": {"bookmarks": {"place": number}, "dif": receipt}})
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
