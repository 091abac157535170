"""How a user grants access: https://developers.google.com/identity/protocols/oauth2/web-server (read 2026-11)."""

from __future__ import annotations

from typing import Final

__all__ = ["AUTHORIZATION"]

AUTHORIZATION: Final = {
    "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
    "token_url": "https://oauth2.googleapis.com/token",
    "scopes": ("https://www.googleapis.com/auth/adwords",),
}
