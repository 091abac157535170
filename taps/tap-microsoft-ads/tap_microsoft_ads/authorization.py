"""How a user grants access: https://learn.microsoft.com/advertising/guides/authentication-oauth (read 2026-11)."""

from __future__ import annotations

from typing import Final

__all__ = ["AUTHORIZATION"]

AUTHORIZATION: Final = {
    "authorize_url": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    "token_url": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    "scopes": ("https://ads.microsoft.com/msads.manage", "offline_access"),
}
