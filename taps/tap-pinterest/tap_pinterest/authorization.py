"""How a user grants an app access: https://developers.pinterest.com/docs/getting-started (5.23.0, read 2026-11)."""

from __future__ import annotations

from typing import Final

__all__ = ["AUTHORIZATION"]

AUTHORIZATION: Final = {
    "authorize_url": "https://www.pinterest.com/oauth/",
    "token_url": "https://api.pinterest.com/v5/oauth/token",
    "scopes": ("ads:read", "boards:read", "pins:read", "user_accounts:read"),
    "token_parameters": {"continuous_refresh": "true"},  # apps from before 2025-09-25 get a year's hard limit without
}
