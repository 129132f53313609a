"""The way of the sound: a real connection to the media node over each address that browsers are told, by UDP and TCP.

What is tried is what a listener does, up to the encrypted handshake; only it hears nobody.
"""

import errno
import ipaddress
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from voxhall.config import Settings
from voxhall.doctor import candidates
from voxhall.doctor.candidates import KINDS, Kind
from voxhall.doctor.finding import Finding, failed, ok, warning
from voxhall.errors import JsonObject, VoxhallError
from voxhall.media.probe import Probe

# A connection on one machine takes milliseconds, over the world a second.
PATIENCE_S = 4.0
# Of a router's own public address: it answers at once, or never.
BACK_S = 2.0
# A machine with more addresses is looked at in turns.
MOST_AT_ONCE = 8

Ask = Callable[[str, JsonObject], JsonObject | None]


def reachability(settings: Settings, ask: Ask) -> Iterator[Finding]:
    """One finding for each kind and address; one alone if there is nobody to ask."""
    ways = [(kind, address) for kind in KINDS for address in _addresses(ask, kind)]
    # At once: who waits for four blocked ways waits no longer than for one.
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        yield from pool.map(lambda way: _tried(settings, ask, *way), ways)
    if not ways:
        yield _port_taken(settings.media_port) or failed("sound", "sound_none")


def _addresses(ask: Ask, kind: Kind) -> list[str]:
    answer = _answer(ask, kind)
    if answer is None:
        return []
    peer, sdp = answer
    ask("close_probe", {"peer": peer})
    told = candidates.addresses(sdp, kind)
    # Nobody but this machine uses these, and they work when nothing else does.
    return [address for address in told if not ipaddress.ip_address(address).is_loopback] or told


def _answer(ask: Ask, kind: Kind) -> tuple[str, str] | None:
    try:
        answer = ask("open_probe", {"sdp": Probe(kind).offer()})
    except VoxhallError:
        return None
    return (str(answer["peer"]), str(answer["sdp"])) if answer else None


def _tried(settings: Settings, ask: Ask, kind: Kind, address: str) -> Finding:
    probe = Probe(kind)
    answer = ask("open_probe", {"sdp": probe.offer()}) or {}
    sdp, peer = str(answer.get("sdp", "")), str(answer.get("peer", ""))
    port = candidates.port(sdp, kind) or "?"
    try:
        is_reached = probe.is_reached(candidates.only(sdp, kind, address), PATIENCE_S)
    finally:
        probe.close()
        ask("close_probe", {"peer": peer})
    place: dict[str, str | int] = {"kind": kind.upper(), "address": address, "port": port}
    if is_reached:
        return ok(kind, "sound_reached", **place)
    if is_own(address) or leads_back(settings, address):
        return failed(kind, "sound_unreached", **place)
    return warning(kind, "sound_unseen", **place, url=settings.address)


def is_own(address: str) -> bool:
    """An interface of this machine has it: no router stands between, what does not answer is shut here."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return False
    return True


def leads_back(settings: Settings, address: str) -> bool:
    """False where the address is the one of the pages too, and these do not answer there either: then there is a router
    that leads nobody inside to its own public address, as most do, and what is outside cannot be seen from here.
    """
    parts = urlsplit(settings.public_url or "")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM) if parts.hostname else []
    except OSError:
        # The finding about the name says so.
        found = []
    if address not in {item[4][0] for item in found}:
        return True
    try:
        with socket.create_connection((address, port), timeout=BACK_S):
            return True
    except OSError:
        return False


def _port_taken(port: int) -> Finding | None:
    """No media node runs: because somebody else has its port?"""
    for name, kind in (("UDP", socket.SOCK_DGRAM), ("TCP", socket.SOCK_STREAM)):
        with socket.socket(socket.AF_INET, kind) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if kind == socket.SOCK_STREAM else 0)
            try:
                tried.bind(("", port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return failed("sound", "sound_port_taken", kind=name, port=port)
    return None
