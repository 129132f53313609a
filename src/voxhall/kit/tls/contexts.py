"""The server's side of TLS, with a certificate that is swapped while people are connected: who is connected keeps the
one of their handshake, who comes next gets the new one.
"""

import ssl
from datetime import datetime
from pathlib import Path

from voxhall.errors import VoxhallError

# RFC 8737, section 6.2: how a certificate authority says that it only wants to see the proof.
ACME_PROTOCOL = "acme-tls/1"
CLIENT_HELLO = 1


class BadCertificateError(VoxhallError):
    code = "bad_certificate"
    message = "The certificate cannot be used."


class ServerTls:
    """`context` is what a server listens with; it hands every handshake to the context that is current then."""

    def __init__(self) -> None:
        self.context = _new_context("http/1.1")
        self.context.sni_callback = self._choose
        self.expires_at: datetime | None = None
        self._current: ssl.SSLContext | None = None
        self._proofs: dict[str, ssl.SSLContext] = {}
        self._is_for_proof = False

    def use(self, chain: Path, key: Path | None = None) -> None:
        """From the next handshake on. BadCertificateError leaves the present one in use."""
        context = _loaded("http/1.1", chain, key)
        self.expires_at = validity_of(chain)[1]
        self._current = context

    def show_proof(self, domain: str, chain: Path) -> None:
        """To a certificate authority that asks by TLS-ALPN-01 for this name, and to nobody else."""
        self._proofs[domain] = _loaded(ACME_PROTOCOL, chain, None)
        self._watch_hellos()

    def hide_proof(self, domain: str) -> None:
        self._proofs.pop(domain, None)

    def _choose(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        proof = self._proofs.get(name or "") if self._is_for_proof else None
        chosen = proof or self._current
        if chosen is None:
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        connection.context = chosen
        return None

    def _watch_hellos(self) -> None:
        """The name's callback is not told which protocols the client speaks; OpenSSL's message callback, which runs
        just before it in the same call, sees the whole hello.
        """

        def see(
            _connection: object, direction: str, _version: object, _content: object, kind: object, data: bytes
        ) -> None:
            if direction == "read" and kind == CLIENT_HELLO:
                wanted = ACME_PROTOCOL.encode()
                self._is_for_proof = bytes([len(wanted)]) + wanted in data

        # It is there for tools that trace handshakes, and the ssl module has no other name for it.
        object.__setattr__(self.context, "_msg_callback", see)


def _new_context(protocol: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([protocol])
    return context


def _loaded(protocol: str, chain: Path, key: Path | None) -> ssl.SSLContext:
    context = _new_context(protocol)
    try:
        # A key that wants a password would ask for it at a terminal that is not there.
        context.load_cert_chain(chain, key, password=lambda: b"")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        if isinstance(error, ssl.SSLError):
            reason = "the key does not fit it" if error.reason == "KEY_VALUES_MISMATCH" else "it is not PEM"
        raise BadCertificateError(f"The certificate {chain} cannot be used: {reason}.") from None
    return context


def validity_of(chain: Path) -> tuple[datetime, datetime]:
    """From when and until when the first certificate of a PEM file is good."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise BadCertificateError(f"The certificate {chain} cannot be read: {type(error).__name__}.") from None
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc
