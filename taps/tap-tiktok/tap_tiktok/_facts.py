"""What TikTok's streams share: the version, budgets, the error table, paging, known fields and their types."""

from __future__ import annotations

from typing import Final

from dif_kit.budget import Budget
from dif_kit.http import Verdicts
from dif_kit.paging import PageNumber
from dif_kit.tap import known_columns

__all__ = ["APP", "FIELDS", "VERDICTS", "VERSION", "pages"]

# The only version that answers; TikTok has announced no successor and no day of its end (read 2026-11).
# https://business-api.tiktok.com/portal/docs (changelog)
VERSION: Final = "v1.3"

# What a developer's app at the level Basic may ask for; higher levels say so in the setting `budgets`. Answers tell
# nothing of what is left.
# https://business-api.tiktok.com/portal/docs/rate-limits/v1.3 (read 2026-08)
APP: Final = Budget("tiktok", ("10/s", "600/min", "864000/day@UTC"))

# Which limit was met is not told: "Due to too many requests, requests from App … are temporarily restricted." Who goes
# beyond a second's goes on in the next one; beyond a minute's, is to stop for five; beyond a day's, until midnight in
# UTC. So a request is tried once more, then the run comes back later: a process does not sleep so long.
_RESTRICTED: Final = (2.0, 301.0)

# Every answer has {"code", "message", "request_id", "data"}, and an error has the status 200 as well. Partial success,
# 20001, is an error here: something is missing.
# https://business-api.tiktok.com/portal/docs?id=1737172488964097 (return codes, read 2026-08)
VERDICTS: Final = Verdicts(
    code="code",
    message="message",
    ok=frozenset({0}),
    throttled=frozenset({40016, 40100, 40132, 40133}),
    waits={40016: _RESTRICTED, 40100: _RESTRICTED, 40132: 1.0, 40133: 1.0},
    # The app's or the token's; the token has no end, so whoever holds it was sent away.
    reauthenticate=frozenset({40101, 40102, 40104, 40105, 40110, 40113}),
    # No permission, no such feature for this account, another company's; closed, deleted, or not to be matched.
    skip_partition=frozenset({40001, 40106, 40118, 40119, 40125, 40300, 40301}),
    # Not ready, in conflict, of TikTok's own making, in maintenance.
    retry=frozenset({40201, 40202, 40700, 50000, 50002, 51305, 60001}),
)

#: List, "metrics" or "dimensions" -> each field that the tap knows of it -> its JSON schema.
FIELDS: Final = known_columns("tap_tiktok")


def pages(size: int) -> PageNumber:
    """Pages of so many rows, the most that an endpoint takes."""
    return PageNumber("page", ("page_size", size), total="data.page_info.total_page")
