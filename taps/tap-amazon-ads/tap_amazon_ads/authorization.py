"""How a user grants access: https://advertising.amazon.com/API/docs/en-us/guides/account-management/authorization.

Read 2026-11.
"""

from __future__ import annotations

from typing import Final

__all__ = ["AUTHORIZATION"]

AUTHORIZATION: Final = {
    "authorize_url": "https://www.amazon.com/ap/oa",
    "token_url": "https://api.amazon.com/auth/o2/token",
    "scopes": ("advertising::campaign_management",),
}
