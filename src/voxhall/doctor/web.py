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

from voxhall.config import Settings
from voxhall.doctor.finding import Finding, failed, ok, warning

PATIENCE_S = 5.0
# Authorities renew at a third of the life that is left; who is later than this is not renewing.
EXPIRY_WARNING = timedelta(days=14)


def server(settings: Settings) -> Finding:
    """Over the address it listens on, whoever stands before it."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "127.0.0.1"} else settings.host  # noqa: S104
    scheme = "https" if settings.is_tls else "http"
    place: dict[str, str | int] = {"host": host, "port": settings.port}
    try:
        # Whether the certificate is good is asked apart.
        answer = httpx2.get(f"{scheme}://{host}:{settings.port}/readyz", timeout=PATIENCE_S, verify=False)
        said = answer.json()
        missing = {name: said["parts"][name] for name in said["missing"]}
    except httpx2.ConnectError:
        return failed("server", "server_silent", **place)
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return failed("server", "server_other", **place)
    if missing:
        parts = ", ".join(f"{name} ({part})" for name, part in missing.items())
        return failed("server", "server_not_ready", parts=parts)
    return ok("server", "server_ok", **place)


def microphone(settings: Settings) -> Finding:
    host = urlsplit(settings.address).hostname or ""
    if settings.address.startswith("https://") or host in {"localhost", "127.0.0.1", "::1"}:
        return ok("microphone", "microphone_ok", address=settings.address)
    return failed("microphone", "microphone_no_https", address=settings.address)


def name(settings: Settings) -> Finding:
    host = settings.public_host
    if host is None:
        return ok("name", "name_none")
    try:
        found = {str(item[4][0]) for item in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return failed("name", "name_nowhere", host=host)
    told = {address for address in settings.media_address if _is_address(address)}
    leads_to = ", ".join(sorted(found))
    if told and not told & found:
        return warning("name", "name_elsewhere", host=host, found=leads_to, told=", ".join(sorted(told)))
    return ok("name", "name_ok", host=host, found=leads_to)


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
        return ok("certificate", "certificate_none")
    from voxhall.kit.tls.contexts import BadCertificateError, validity_of

    try:
        begins, ends = validity_of(chain)
    except BadCertificateError as error:
        return failed("certificate", "certificate_bad", reason=error.message)
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
        return failed("certificate", "certificate_refused", host=host, reason=error.verify_message)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return failed("certificate", "certificate_unanswered", address=settings.address, reason=reason)
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notAfter"])), UTC)
    return _judged(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(found["notBefore"])), UTC), ends, now)


def _judged(begins: datetime, ends: datetime, now: datetime) -> Finding:
    if now >= ends:
        return failed("certificate", "certificate_expired", day=f"{ends:%Y-%m-%d}")
    if now < begins:
        return failed("certificate", "certificate_early", day=f"{begins:%Y-%m-%d %H:%M}")
    if ends - now < EXPIRY_WARNING and ends - begins > 2 * EXPIRY_WARNING:
        return warning("certificate", "certificate_soon", day=f"{ends:%Y-%m-%d}")
    return ok("certificate", "certificate_ok", day=f"{ends:%Y-%m-%d}")
