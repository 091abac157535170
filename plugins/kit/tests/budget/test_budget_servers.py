"""The kinds of Redis that a fleet may share: a cluster, one behind TLS, one with users and passwords."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dif_kit.budget import Budget, connect
from dif_kit.errors import BudgetError, Deferred
from dif_sandbox.services.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

ADS = Budget("ads", ("5/h", "100/day@UTC", "points 100 restore 1/h", "concurrent 2"))
OTHER = Budget("other", ("5/h",))


def works(url: str) -> None:
    """Reservations over several budgets, a pause that reaches a sleeper, a lease."""
    limiter = connect(url, horizon_seconds=20, client="acme")
    for _ in range(5):
        with limiter.acquire({ADS: "app", OTHER: "account"}):
            pass
    with pytest.raises(Deferred, match="5/h"):
        limiter.acquire({OTHER: "account"})
    slow = Budget("slow", ("1/10s",))
    limiter.acquire({slow: "app"})
    pausing = threading.Timer(0.2, limiter.pause, (slow, "app", 3600))
    pausing.start()
    with pytest.raises(Deferred, match="paused by the provider"):
        limiter.acquire({slow: "app"})
    pausing.join()
    with limiter.lease("run") as lease:
        assert lease.fence > 0
    limiter.close()


class ClusteredValkey(Valkey):
    """One node that holds every slot of a cluster; its default port for other nodes may be a client's by chance."""

    port_names = ("main", "nodes")

    def command(self) -> list[str]:
        return [*super().command(), "--cluster-enabled", "yes", "--cluster-port", str(self.ports["nodes"])]


def test_a_cluster_keeps_budgets(tmp_path: Path) -> None:
    with ClusteredValkey(tmp_path, durable=False) as server:
        with redis.Redis.from_url(server.url) as driver:
            driver.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            deadline = time.monotonic() + 30
            while b"cluster_state:ok" not in driver.execute_command("CLUSTER", "INFO"):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        works(server.url)
        with redis.Redis.from_url(server.url) as driver:
            slots = {driver.execute_command("CLUSTER", "KEYSLOT", key) for key in driver.scan_iter()}
        assert len(slots) == 1  # a reservation spans budgets, a script may not span slots


def test_a_user_and_password_come_from_the_url(valkey: Valkey) -> None:
    with redis.Redis.from_url(valkey.url) as driver:
        driver.flushall()
        # No more rights than dif needs.
        driver.acl_setuser(
            "fleet",
            enabled=True,
            passwords=["+p@ss/word"],
            keys=["{dif}:*"],
            channels=["{dif}:*"],
            categories=["+@all"],
            commands=["-@admin", "-@dangerous"],
        )
    works(f"redis://fleet:p%40ss%2Fword@127.0.0.1:{valkey.port}/0")


@contextmanager
def tls_front(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """Plain bytes behind TLS: the wheel's Valkey is built without it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0)))

        def pump(source: socket.socket, sink: socket.socket) -> None:
            with suppress(OSError, ValueError):
                while data := source.recv(65536):
                    sink.sendall(data)
            for each in (source, sink):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    raw, _ = listener.accept()
                    try:
                        front = open_sockets.enter_context(context.wrap_socket(raw, server_side=True))
                    except ssl.SSLError:
                        raw.close()
                        continue
                    back = open_sockets.enter_context(socket.create_connection(("127.0.0.1", port)))
                    for pair in ((front, back), (back, front)):
                        threading.Thread(target=pump, args=pair, daemon=True).start()

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(10)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    (folder / "cert.pem").write_bytes(signed.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def test_tls_is_spoken_and_the_certificate_checked(
    redis_url: str, valkey: Valkey, certificate: tuple[Path, Path]
) -> None:
    with tls_front(valkey.port, *certificate) as port:
        works(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate[0]}")
        with pytest.raises(BudgetError, match="cannot reach Redis"):
            connect(f"rediss://127.0.0.1:{port}/0")  # nobody vouches for the certificate
