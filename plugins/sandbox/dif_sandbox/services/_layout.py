"""What lies where in a sandbox's folder, and which secrets it made up for itself."""

from __future__ import annotations

import json
import secrets
import shutil
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dif_sandbox.services._python import write_private
from dif_sandbox.services.seaweed import EVERYTHING, Identity

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Layout", "Secrets"]

ENTRIES: Final = (
    "ca-bundle.pem",
    "credentials",
    "env",
    "lock",
    "logs",
    "options.json",
    "ports.json",
    "secrets.json",
    "services",
    "state.json",
)
KEY_CHARACTERS: Final = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths below one sandbox's folder; nothing of a sandbox lies elsewhere."""

    folder: Path

    @property
    def bundle(self) -> Path:
        """The certificate authorities that clients trust: the system's and the front's."""
        return self.folder / "ca-bundle.pem"

    @property
    def credentials(self) -> Path:
        """One folder a client, one file a system."""
        return self.folder / "credentials"

    @property
    def env(self) -> Path:
        """The export lines."""
        return self.folder / "env"

    @property
    def lock(self) -> Path:
        """Held by the supervisor for as long as it lives."""
        return self.folder / "lock"

    @property
    def options(self) -> Path:
        """What the supervisor is to run."""
        return self.folder / "options.json"

    @property
    def ports(self) -> Path:
        """The ports of the last start, wanted again at the next."""
        return self.folder / "ports.json"

    @property
    def state(self) -> Path:
        """What runs now."""
        return self.folder / "state.json"

    def log(self, service: str) -> Path:
        """Where a service writes what it has to say."""
        return self.folder / "logs" / f"{service}.log"

    def service(self, name: str) -> Path:
        """A service's own folder."""
        return self.folder / "services" / name

    def create(self) -> None:
        """Make the folders."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.credentials, self.folder / "logs", self.folder / "services"):
            folder.mkdir(mode=0o700, exist_ok=True)

    def wipe(self) -> None:
        """Remove what is a sandbox's, the folder itself if nothing else is in it."""
        for name in ENTRIES:
            entry = self.folder / name
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink(missing_ok=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords and keys, made up once for a folder and kept, so that clients' settings outlive a restart."""

    warehouse_password: str = field(repr=False)
    loader: Identity
    role: Identity
    unload: Identity

    @classmethod
    def of(cls, layout: Layout) -> Secrets:
        """Read them, or make them up at the first time."""
        file = layout.folder / "secrets.json"
        if not file.exists():
            keys = {name: [_access_key(), _secret_key()] for name in ("loader", "role", "unload")}
            write_private(file, {"warehouse_password": _password(), **keys})
        held = json.loads(file.read_text())
        return cls(
            held["warehouse_password"],
            _identity("loader", held["loader"], EVERYTHING),
            _identity("redshift-role", held["role"], ("Read:stage", "List:stage")),
            _identity("unload", held["unload"], ("Read:lake", "List:lake", "Write:lake")),
        )


def _identity(name: str, keys: list[str], actions: tuple[str, ...]) -> Identity:
    access_key, secret_key = keys
    return Identity(name, access_key, secret_key, actions)


def _password() -> str:
    """As Redshift wants it: 8 to 64 characters, with a capital, a small letter and a digit; none that needs quoting."""
    return f"{secrets.token_hex(12)}Aa1"


def _access_key() -> str:
    return "AKIA" + "".join(secrets.choice(KEY_CHARACTERS) for _ in range(16))


def _secret_key() -> str:
    return secrets.token_hex(20)
