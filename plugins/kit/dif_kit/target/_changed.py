"""What is said of an object that is no longer what its writer put there."""

from __future__ import annotations

from dif_kit.errors import DeliveryError

__all__ = ["changed"]


def changed(url: str, *, is_there: bool) -> DeliveryError:
    """The error of an object that somebody else has altered, or removed."""
    what = "is not what this run wrote there" if is_there else "is gone"
    return DeliveryError(
        f"{url} {what}: somebody else touched it before it was loaded, so nothing of its unit was; find out who writes "
        "into the bucket, then run again"
    )
