"""A small certificate authority for a network of one's own, where no public one can look.

Its key never leaves the data folder, and it may only vouch for names and addresses of private networks and for the
public address that was set when it was made: who trusts it does not hand their whole web to this machine.
"""

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
# Apple's devices refuse certificates of private authorities that are good for longer than 825 days.
LIFE = timedelta(days=397)
BACKDATED = timedelta(hours=1)
PRIVATE_NAMES = ("localhost", "local", "lan", "home", "home.arpa", "internal", "test")
PRIVATE_NETWORKS = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "100.64.0.0/10",
    "fc00::/7", "fe80::/10", "::1/128",
)  # fmt: skip


@dataclass(frozen=True)
class Authority:
    """Its files: `certificate` is what people trust, `server` (chain and key in one) is what the server uses."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "authority.crt"

    @property
    def key(self) -> Path:
        return self.folder / "authority.key"

    @property
    def server(self) -> Path:
        return self.folder / "server.pem"

    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as systems show it when they ask whether to trust it."""
        digest = x509.load_pem_x509_certificate(self.certificate.read_bytes()).fingerprint(hashes.SHA256())
        return digest.hex(":").upper()


def open_authority(folder: Path, names: list[str], now: datetime) -> Authority:
    """The authority of this folder, made if there is none, and a fresh certificate of it for these names."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = Authority(folder)
    if not authority.certificate.exists():
        _make_authority(authority, names, now)
    key = serialization.load_pem_private_key(authority.key.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is not one that was made here")
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    server_key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(names[0], issuer.subject, server_key, now, LIFE)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(authority.server, pem_of(certificate) + pem_of(issuer) + pem_of_key(server_key))
    return authority


def _make_authority(authority: Authority, names: list[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Voxhall on {socket.gethostname()}")])
    networks = [x509.IPAddress(ipaddress.ip_network(network)) for network in PRIVATE_NETWORKS]
    allowed = [x509.DNSName(allowed_name) for allowed_name in PRIVATE_NAMES] + [_constraint(name) for name in names]
    certificate = (
        _builder(name, name, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.NameConstraints([*allowed, *networks], None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(authority.key, pem_of_key(key))
    # The certificate last: it says that the authority is whole.
    write_secret(authority.certificate, pem_of(certificate))


def _builder(
    subject: str | x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    if isinstance(subject, str):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject[:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
    )


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _constraint(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_network(name))
    except ValueError:
        return x509.DNSName(name)


def names_of_this_machine(*more: str) -> list[str]:
    """What people on the same network may type, the most likely first."""
    host = socket.gethostname()
    found = [name for name in more if name] + [host, f"{host.partition('.')[0]}.local", "localhost"]
    for family, somewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        # Nothing is sent: the system only says from which of its addresses it would be.
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((somewhere, 9))
            except OSError:
                continue
            found.append(probe.getsockname()[0])
    return list(dict.fromkeys([*found, "127.0.0.1", "::1"]))


def pem_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_secret(path: Path, content: bytes) -> None:
    """Whole or not at all, for the server's account only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.rename(path)
