"""One certificate from a public authority, by ACME (RFC 8555), proved over HTTP-01 or TLS-ALPN-01 (RFC 8737).

Everything here waits for the network and is to be run in a thread.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from acme import challenges, client, crypto_util, errors, messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWK, JWKEC

from voxhall.errors import VoxhallError
from voxhall.kit.tls.authority import pem_of, pem_of_key, write_secret

ACME_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
# How long an authority may take to look and to sign; public ones take seconds.
PATIENCE = timedelta(seconds=90)
# So often a request is made in all whose nonce is refused; higher asks an authority for longer that takes none.
NONCES_TRIED = 16


class NoCertificateError(VoxhallError):
    code = "no_certificate"
    message = "The certificate authority gave no certificate."


class Prover(Protocol):
    """Where proofs are shown to the authority; called from the thread of the order."""

    def show_http(self, path: str, answer: str) -> None: ...
    def show_tls(self, domain: str, chain: Path) -> None: ...
    def hide(self) -> None: ...


@challenges.ChallengeResponse.register
class TlsAlpn01Response(challenges.KeyAuthorizationChallengeResponse):
    """The library knows this kind no more; the authorities do."""

    typ = "tls-alpn-01"


@challenges.Challenge.register
class TlsAlpn01(challenges.KeyAuthorizationChallenge):
    response_cls = TlsAlpn01Response
    typ = response_cls.typ

    def validation(self, account_key: JWK, **_unused: Any) -> str:
        return self.key_authorization(account_key)


class _Network(client.ClientNetwork):
    """An authority may refuse any nonce, because it is old or of another of its machines, and wants to be asked again
    with another (RFC 8555, section 6.5). The library asks once more.
    """

    def post(self, *args: Any, **kwargs: Any) -> Any:
        for _ in range(NONCES_TRIED // 2 - 1):
            try:
                return super().post(*args, **kwargs)
            except messages.Error as error:
                if error.code != "badNonce":
                    raise
        return super().post(*args, **kwargs)


def order(
    *,
    folder: Path,
    domain: str,
    directory: str,
    email: str | None,
    kind: str,
    prover: Prover,
    now: Callable[[], datetime],
) -> Path:
    """The file with the chain and the key of a fresh certificate; proved by `kind`, "http-01" or "tls-alpn-01".

    NoCertificateError names what the authority said.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        acme = _client(folder / "account.key", directory, email)
        key = ec.generate_private_key(ec.SECP256R1())
        begun = acme.new_order(crypto_util.make_csr(pem_of_key(key), [domain]))
        for authorization in begun.authorizations:
            _prove(acme, authorization, kind, domain, folder, prover)
        # The library compares it with its own reading of the local time, which has no zone.
        deadline = now().astimezone().replace(tzinfo=None) + PATIENCE
        finished = acme.poll_and_finalize(begun, deadline)
    except errors.ValidationError as error:
        raise NoCertificateError(f"The certificate authority could not check {domain}: {_reasons(error)}") from error
    except (errors.Error, messages.Error, JoseError, OSError) as error:
        # requests' errors are OSErrors; their texts are long and name inner objects.
        said = getattr(error, "detail", None) or type(error).__name__
        raise NoCertificateError(f"The certificate authority gave no certificate for {domain}: {said}") from error
    finally:
        prover.hide()
    out = folder / f"{domain}.pem"
    write_secret(out, finished.fullchain_pem.encode() + pem_of_key(key))
    return out


def _client(key_file: Path, directory: str, email: str | None) -> client.ClientV2:
    if not key_file.exists():
        write_secret(key_file, pem_of_key(ec.generate_private_key(ec.SECP256R1())))
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    account_key = JWKEC(key=key)
    net = _Network(account_key, alg=ES256, user_agent="voxhall")
    acme = client.ClientV2(client.ClientV2.get_directory(directory, net), net)
    wish = messages.NewRegistration.from_data(email=email, terms_of_service_agreed=True)
    try:
        acme.new_account(wish)
    except errors.ConflictError as known:
        net.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())
    return acme


def _prove(
    acme: client.ClientV2,
    authorization: messages.AuthorizationResource,
    kind: str,
    domain: str,
    folder: Path,
    prover: Prover,
) -> None:
    if authorization.body.status == messages.STATUS_VALID:
        return
    offered = [body for body in authorization.body.challenges if body.chall.typ == kind]
    if not offered:
        raise NoCertificateError(f"The certificate authority does not check names by {kind}.")
    challenge = offered[0]
    account_key = acme.net.key
    response, validation = challenge.chall.response_and_validation(account_key)
    if kind == "http-01":
        prover.show_http(challenge.chall.path, validation)
    else:
        prover.show_tls(domain, _proof(folder / "proof.pem", domain, validation))
    acme.answer_challenge(challenge, response)


def _proof(out: Path, domain: str, validation: str) -> Path:
    """RFC 8737, section 3: a certificate signed by itself that carries the digest of the key authorization."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme proof")])
    # A DER OCTET STRING of 32 bytes.
    digest = b"\x04\x20" + hashlib.sha256(validation.encode()).digest()
    begin = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .add_extension(x509.UnrecognizedExtension(ACME_IDENTIFIER, digest), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_secret(out, pem_of(certificate) + pem_of_key(key))
    return out


def _reasons(error: errors.ValidationError) -> str:
    """What the authority said about each proof that it did not accept."""
    said = [
        str(challenge.error.detail)
        for failed in error.failed_authzrs
        for challenge in failed.body.challenges
        if challenge.error is not None and challenge.error.detail
    ]
    return " ".join(said) or "it did not say why."
