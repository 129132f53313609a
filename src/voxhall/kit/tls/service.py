"""Chooses where the certificate comes from, and keeps it good as long as the server runs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from voxhall.config import Settings
from voxhall.kit.clock import Clock
from voxhall.kit.ids import Ids
from voxhall.kit.tls.contexts import BadCertificateError, ServerTls, validity_of
from voxhall.kit.tls.files import follow

log = structlog.get_logger()

# An authority that refuses is asked again after this, then after twice that, …: Let's Encrypt forgives five failures an
# hour for one name.
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 6 * 3600.0
# How often the certificate of our own authority is looked at; addresses of a laptop change.
OWN_LOOK_S = 3600.0


class Proofs:
    """What a certificate authority is shown while it looks; written by the thread of an order, read by the server."""

    def __init__(self, tls: ServerTls, domain: str) -> None:
        self._tls, self._domain = tls, domain
        self._http: dict[str, str] = {}

    def show_http(self, path: str, answer: str) -> None:
        self._http[path] = answer

    def show_tls(self, domain: str, chain: Path) -> None:
        self._tls.show_proof(domain, chain)

    def hide(self) -> None:
        self._http.clear()
        self._tls.hide_proof(self._domain)

    def http_at(self, path: str) -> str | None:
        return self._http.get(path)


class CertificateFigure(Collector):
    def __init__(self, tls: ServerTls) -> None:
        self._tls = tls

    def collect(self) -> Iterator[Metric]:
        if self._tls.expires_at is not None:
            text = "Until when the certificate is good"
            until = self._tls.expires_at.timestamp()
            yield GaugeMetricFamily("voxhall_certificate_expires_timestamp_seconds", text, until)


def renewal_at(begins: datetime, ends: datetime, chance: float) -> datetime:
    """Two thirds into its life, and up to a thirtieth later by chance (0 to 1): a thousand servers that were set up by
    the same script do not come at the same second."""
    life = ends - begins
    return begins + life * 2 / 3 + life / 30 * chance


@asynccontextmanager
async def keep_certificate(
    settings: Settings, clock: Clock, ids: Ids
) -> AsyncIterator[tuple[ServerTls, Proofs] | None]:
    """None where the settings ask for no TLS. BadCertificateError if own files cannot be used."""
    tls = ServerTls()
    proofs = Proofs(tls, settings.domain or "")
    if settings.tls_cert and settings.tls_key:
        tls.use(settings.tls_cert, settings.tls_key)
        work = follow(tls, settings.tls_cert, settings.tls_key)
    elif settings.tls == "self":
        _use_own(settings, tls, clock)
        work = _renew_own(settings, tls, clock)
    elif settings.domain:
        _begin_with_what_is_there(settings, tls, clock)
        work = _renew_by_acme(settings, settings.domain, tls, proofs, clock, ids)
    else:
        yield None
        return
    task = asyncio.create_task(work)
    try:
        yield tls, proofs
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _use_own(settings: Settings, tls: ServerTls, clock: Clock) -> None:
    from voxhall.kit.tls.authority import names_of_this_machine, open_authority

    names = names_of_this_machine(settings.public_host or "")
    tls.use(open_authority(settings.authority_folder, names, clock.now()).server)


async def _renew_own(settings: Settings, tls: ServerTls, clock: Clock) -> None:
    from voxhall.kit.tls.authority import names_of_this_machine

    names = names_of_this_machine()
    while True:
        await asyncio.sleep(OWN_LOOK_S)
        is_old = tls.expires_at is not None and tls.expires_at - clock.now() < timedelta(days=100)
        if is_old or names != names_of_this_machine():
            names = names_of_this_machine()
            _use_own(settings, tls, clock)


def _begin_with_what_is_there(settings: Settings, tls: ServerTls, clock: Clock) -> None:
    """The certificate of the last run or, the first time, one that only lets connections be made at all."""
    from voxhall.kit.tls.authority import open_authority

    with suppress(BadCertificateError):
        tls.use(settings.acme_folder / f"{settings.domain}.pem")
        return
    tls.use(open_authority(settings.acme_folder / "until-then", [str(settings.domain)], clock.now()).server)
    tls.expires_at = None


async def _renew_by_acme(
    settings: Settings, domain: str, tls: ServerTls, proofs: Proofs, clock: Clock, ids: Ids
) -> None:
    failures = 0
    while True:
        pause_s = _until_renewal_s(settings.acme_folder / f"{domain}.pem", tls, clock, ids) if not failures else 0.0
        await asyncio.sleep(pause_s)
        if await _obtain(settings, domain, tls, proofs, clock):
            failures = 0
            continue
        await asyncio.sleep(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures))
        failures = min(failures + 1, 20)


def _until_renewal_s(chain: Path, tls: ServerTls, clock: Clock, ids: Ids) -> float:
    if tls.expires_at is None:
        return 0.0
    return max(0.0, (renewal_at(*validity_of(chain), ids.chance()) - clock.now()).total_seconds())


async def _obtain(settings: Settings, domain: str, tls: ServerTls, proofs: Proofs, clock: Clock) -> bool:
    from voxhall.kit.tls.acme_orders import NoCertificateError, order

    # Port 80 first, because a proof there does not touch the port that people use.
    for kind in ["http-01"] * bool(settings.http_port) + ["tls-alpn-01"]:
        ask = partial(
            order,
            folder=settings.acme_folder,
            domain=domain,
            directory=settings.acme_directory,
            email=settings.acme_email,
            kind=kind,
            prover=proofs,
            now=clock.now,
        )
        try:
            tls.use(await asyncio.to_thread(ask))
        except (NoCertificateError, BadCertificateError) as error:
            log.warning("certificate_not_renewed", kind=kind, reason=error.message)
        else:
            log.info("certificate_renewed", kind=kind, expires_at=str(tls.expires_at))
            return True
    return False
