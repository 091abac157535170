"""Whether this machine's clock agrees with another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_kit.doctor._finding import Finding, Verdict

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["clock"]

# AWS refuses what was signed five minutes away from its own time: IAM user guide, "Elements of an AWS API request
# signature" (read 2026-11).
_REFUSED_SECONDS: Final = 300
# Tokens that are used up to their last seconds, and HTTP dates that are whole seconds.
_SEEN_SECONDS: Final = 5
_ADVICE: Final = "set this machine's clock: timedatectl set-ntp true, or start chronyd; then compare with the others"


def clock(other: str, theirs: datetime, before: datetime, after: datetime) -> Finding:
    """What the time of another machine, told between two moments of this one, says about this one's clock.

    Only what the time in between cannot explain counts as skew.
    """
    skew = max((theirs - after).total_seconds(), (before - theirs).total_seconds(), 0.0)
    direction = "behind" if theirs > after else "ahead of"
    if skew <= _SEEN_SECONDS:
        return Finding(f"clock, {other}", Verdict.GOOD, f"agrees within {max(skew, 1):.0f} s")
    verdict = Verdict.BROKEN if skew >= _REFUSED_SECONDS else Verdict.POOR
    return Finding(f"clock, {other}", verdict, f"this machine is {skew:.0f} s {direction} it", _ADVICE)
