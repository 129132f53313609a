"""The way to the pages: does the server answer, does its name lead here, is its certificate good, do browsers give it
a microphone.
"""

import ipaddress
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from voxhall.cli.doctor.finding import Finding, failed, ok, warning
from voxhall.config import Settings

PATIENCE_S = 5.0
# Authorities renew at a third of the life that is left; who is later than this is not renewing.
EXPIRY_WARNING = timedelta(days=14)


def server(settings: Settings) -> Finding:
    """Over the address it listens on, whoever stands before it."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "127.0.0.1"} else settings.host  # noqa: S104
    scheme = "https" if settings.is_tls else "http"
    try:
        # Whether the certificate is good is asked apart.
        answer = httpx2.get(f"{scheme}://{host}:{settings.port}/readyz", timeout=PATIENCE_S, verify=False)
        missing = answer.json()["missing"] if answer.status_code == 503 else []
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return failed(
            "server",
            f"No Voxhall answers on {host} port {settings.port}.",
            "Start it: voxhall serve; the last lines of its log say why it does not.",
        )
    if missing:
        parts = answer.json()["parts"]
        named = ", ".join(f"{name} ({parts[name]})" for name in missing)
        return failed("server", f"The server answers and cannot host: {named}.", "The other findings say more.")
    return ok("server", f"The server answers on {host} port {settings.port} and is ready.")


def microphone(settings: Settings) -> Finding:
    host = urlsplit(settings.address).hostname or ""
    if settings.address.startswith("https://") or host in {"localhost", "127.0.0.1", "::1"}:
        return ok("microphone", f"Browsers give {settings.address} a microphone.")
    return failed(
        "microphone",
        f"Browsers give no microphone to {settings.address}, because it is not https.",
        "Use --domain, --tls-cert or --tls self, or a proxy with a certificate and --public-url https://….",
    )


def name(settings: Settings) -> Finding:
    host = settings.public_host
    if host is None:
        return ok("name", "No public address is set; people use the one that the server listens on.")
    try:
        found = {str(item[4][0]) for item in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return failed(
            "name",
            f"The name {host} leads nowhere.",
            "Make an A or AAAA record for it, or correct public_url or domain.",
        )
    told = {address for address in settings.media_address if _is_address(address)}
    if told and not told & found:
        return warning(
            "name",
            f"The name {host} leads to {', '.join(sorted(found))}, and browsers are told {', '.join(sorted(told))} "
            "for the sound.",
            "Right behind a proxy elsewhere or a CDN; else correct the record or media_address.",
        )
    return ok("name", f"The name {host} leads to {', '.join(sorted(found))}.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def certificate(settings: Settings, now: datetime) -> Finding:
    chain = _own_chain(settings)
    if chain is None:
        if settings.address.startswith("https://"):
            return _shown_certificate(settings, now)
        return ok("certificate", "No https is configured.")
    from voxhall.kit.tls.contexts import BadCertificateError, validity_of

    try:
        begins, ends = validity_of(chain)
    except BadCertificateError as error:
        return failed("certificate", error.message, "Correct tls_cert and tls_key; or see the log for why none came.")
    return _judged(begins, ends, now)


def _own_chain(settings: Settings) -> Path | None:
    if settings.tls_cert:
        return settings.tls_cert
    if settings.domain:
        return settings.acme_folder / f"{settings.domain}.pem"
    return settings.authority_folder / "server.pem" if settings.tls else None


def _shown_certificate(settings: Settings, now: datetime) -> Finding:
    """That of the proxy before us, as a browser sees it."""
    parts = urlsplit(settings.address)
    host, port = parts.hostname or "", parts.port or 443
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE_S) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as shown,
        ):
            found = shown.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return failed(
            "certificate",
            f"Browsers do not accept the certificate of {host}: {error.verify_message}.",
            "Renew it, and give the proxy the whole chain.",
        )
    except OSError as error:
        return failed(
            "certificate",
            f"{settings.address} does not answer from here: {error.strerror or type(error).__name__}.",
            "Start the proxy, open its port, or correct public_url.",
        )
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    return _judged(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notBefore"])), UTC), ends, now)


def _judged(begins: datetime, ends: datetime, now: datetime) -> Finding:
    if now >= ends:
        return failed("certificate", f"The certificate expired on {ends:%Y-%m-%d}.", "Renew it.")
    if now < begins:
        return failed(
            "certificate",
            f"The certificate is good only from {begins:%Y-%m-%d %H:%M} UTC on.",
            "Set the clock, or wait.",
        )
    if ends - now < EXPIRY_WARNING and ends - begins > 2 * EXPIRY_WARNING:
        return warning("certificate", f"The certificate expires on {ends:%Y-%m-%d}.", "See why it was not renewed.")
    return ok("certificate", f"The certificate is good until {ends:%Y-%m-%d}.")
