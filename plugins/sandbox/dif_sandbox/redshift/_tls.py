"""A certificate authority of the sandbox's own, and a certificate for localhost."""

from __future__ import annotations

import ipaddress
import secrets
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["server_context"]

DAYS_VALID = 825
AUTHORITY_NAME = "dif sandbox CA"  # and digits of its own: OpenSSL finds an issuer by its name


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """The context of a TLS server on localhost, and the authority's certificate for its clients."""
    authority, certificate, key = folder / "ca.pem", folder / "redshift.pem", folder / "redshift.key"
    if not (authority.exists() and certificate.exists() and key.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        _make(authority, certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, authority


def _make(authority: Path, certificate: Path, key: Path) -> None:
    signer, owner = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    name = f"{AUTHORITY_NAME} {secrets.token_hex(4)}"
    subject_key = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        subject_key
    )  # Python 3.13 asks for it
    root = _builder(name, name, signer).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = root.add_extension(usage, critical=True).add_extension(subject_key, critical=False)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    leaf = _builder("localhost", name, owner).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    leaf = leaf.add_extension(names, critical=False).add_extension(authority_key, critical=False)
    pem = serialization.Encoding.PEM
    key.touch(mode=0o600)
    key.write_bytes(
        owner.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    certificate.write_bytes(leaf.sign(signer, hashes.SHA256()).public_bytes(pem))
    authority.write_bytes(root.sign(signer, hashes.SHA256()).public_bytes(pem))


def _builder(subject: str, issuer: str, owner: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(owner.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=DAYS_VALID))
    )
