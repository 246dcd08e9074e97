"""Throw-away certificates: a good one and each kind of bad one."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Pair:
    """A certificate chain and its key, as PEM files, for a server of any kind."""

    chain: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """A context with which a server shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


@dataclass(frozen=True)
class Certificates:
    """All but `self_signed` are issued by the authority in `ca_file`."""

    ca_file: Path
    good: Pair
    expired: Pair
    future: Pair
    wrong_host: Pair
    self_signed: Pair


def make_certificates(folder: Path) -> Certificates:
    """Issue them into `folder`."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    past = datetime(2020, 1, 1, tzinfo=UTC)
    expired = authority.issue_cert(*LOOPBACK, not_before=past, not_after=past + timedelta(days=30))
    begins = datetime.now(UTC) + timedelta(days=30)  # noqa: TID251 - a date to come
    future = authority.issue_cert(
        *LOOPBACK, not_before=begins, not_after=begins + timedelta(days=30)
    )
    return Certificates(
        ca_file=ca_file,
        good=_write(folder, "good", authority.issue_cert(*LOOPBACK)),
        expired=_write(folder, "expired", expired),
        future=_write(folder, "future", future),
        wrong_host=_write(folder, "wrong-host", authority.issue_cert("mail.example.net")),
        self_signed=_self_signed(folder),
    )


def _write(folder: Path, name: str, issued: trustme.LeafCert) -> Pair:
    chain, key = _paths(folder, name)
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return Pair(chain, key)


def _self_signed(folder: Path) -> Pair:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    chain, key = _paths(folder, "self-signed")
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Pair(chain, key)


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    key = folder / f"{name}.key.pem"
    key.touch(0o600)
    return folder / f"{name}.pem", key
