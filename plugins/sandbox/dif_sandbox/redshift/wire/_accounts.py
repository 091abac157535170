"""Who may log in: users with passwords, and temporary ones as GetClusterCredentials makes them.

Source: management guide, generating-user-credentials and API GetClusterCredentials: the user name of temporary
credentials starts with IAM: (or IAMA: where the user was made for it); they end after 15 to 60 minutes.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_sandbox.redshift._config import TemporaryUser

__all__ = ["Accounts"]


class Accounts:
    """Checks md5 password answers."""

    def __init__(self, users: Mapping[str, str], temporary: Sequence[TemporaryUser] = ()) -> None:
        self._users = dict(users)
        self._temporary = {user.user: user for user in temporary}

    def lend(self, user: TemporaryUser) -> None:
        """Let a temporary user in until its end; the last password of a user is the one that counts."""
        now = datetime.now(UTC)
        self._temporary = {name: held for name, held in self._temporary.items() if now < held.expires_at}
        self._temporary[user.user] = user

    def role(self, user: str, salt: bytes, answer: str) -> str | None:
        """The database role of a user whose answer is right, else None."""
        password = self._users.get(user)
        temporary = self._temporary.get(user)
        if password is None and temporary is not None and datetime.now(UTC) < temporary.expires_at:
            password = temporary.password
        if password is None or not hmac.compare_digest(answer, _md5_answer(user, password, salt)):
            return None
        return temporary.role if temporary is not None and user not in self._users else user


def _md5_answer(user: str, password: str, salt: bytes) -> str:
    inner = hashlib.md5(password.encode() + user.encode(), usedforsecurity=False).hexdigest()
    return "md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest()
