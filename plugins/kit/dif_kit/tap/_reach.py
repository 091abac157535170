"""What a catalog says of how a stream is read by days, so that whoever plans many days can count."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dif_kit.tap._facts import Facts

__all__ = ["with_reach"]

_CALLS_OF_A_REPORT: Final = 3  # ordered, asked for, downloaded: the least


def with_reach(
    catalog: dict[str, Any], streams: Mapping[str, Facts], policies: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """The catalog, with metadata on each stream that is read by days.

    ``dif.window-days`` of one request, ``dif.lookback-days``, ``dif.retention-days`` (absent: for ever),
    ``dif.calls-a-window`` and partition at least, ``dif.calls-an-hour`` that its budgets allow (absent: no limit),
    ``dif.totals``, where a sibling states what its figures add up to (`SourceTotals`). ``policies`` stand in for those
    of the budgets of these names.
    """
    for entry in catalog["streams"]:
        stream = streams.get(entry["tap_stream_id"])
        if stream is None or stream.window is None or stream.window.is_summed:
            continue
        window = stream.window
        told = {
            "dif.window-days": window.days,
            "dif.lookback-days": window.lookback_days,
            "dif.retention-days": window.retention_days,
            "dif.calls-a-window": _CALLS_OF_A_REPORT if hasattr(stream, "poll_path") else 1,
            "dif.totals": None if stream.totals is None else asdict(stream.totals),
            "dif.calls-an-hour": _calls_an_hour(policies.get(each.name, each.policies) for each in stream.budgets),
        }
        root = next(each["metadata"] for each in entry["metadata"] if not each["breadcrumb"])
        root.update({name: value for name, value in told.items() if value is not None})
    return catalog


def _calls_an_hour(budgets: Iterable[tuple[str, ...]]) -> int | None:
    """What all budgets allow in an hour, the share of others not taken off; None without a rate."""
    from dif_kit.budget import starts_an_hour  # noqa: PLC0415 - a run that discovers nothing need not load it

    rates = [rate for texts in budgets if (rate := starts_an_hour(texts)) is not None]
    return max(1, int(min(rates))) if rates else None
