"""The way of the sound: a real connection to the media node over each address that browsers are told, by UDP and TCP.

What is tried is what a listener does, up to the encrypted handshake; only it hears nobody.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator

from voxhall.cli.doctor.finding import Finding, failed, ok
from voxhall.errors import JsonObject, VoxhallError
from voxhall.media.probe import Kind, Probe

# A connection on one machine takes milliseconds, over the world a second.
PATIENCE_S = 4.0
CANDIDATE = re.compile(
    r"^a=candidate:\S+ 1 (?P<kind>udp|tcp) \d+ (?P<address>\S+) (?P<port>\d+) typ host.*$", re.IGNORECASE | re.MULTILINE
)

KINDS: tuple[Kind, ...] = ("udp", "tcp")
Ask = Callable[[str, JsonObject], JsonObject | None]


def reachability(ask: Ask) -> Iterator[Finding]:
    """One finding for each kind and address; one alone if there is nobody to ask."""
    tried = False
    for kind in KINDS:
        for address in _addresses(ask, kind):
            tried = True
            yield _tried(ask, kind, address)
    if not tried:
        yield failed("sound", "No media node offers an address for the sound.", "Start it: voxhall serve.")


def _addresses(ask: Ask, kind: Kind) -> list[str]:
    answer = _answer(ask, kind)
    if answer is None:
        return []
    peer, sdp = answer
    ask("close_probe", {"peer": peer})
    told = dict.fromkeys(match["address"] for match in CANDIDATE.finditer(sdp) if match["kind"].lower() == kind)
    # Nobody but this machine uses these, and they work when nothing else does.
    return [address for address in told if not ipaddress.ip_address(address).is_loopback] or list(told)


def _answer(ask: Ask, kind: Kind) -> tuple[str, str] | None:
    try:
        answer = ask("open_probe", {"sdp": Probe(kind).offer()})
    except VoxhallError:
        return None
    return (str(answer["peer"]), str(answer["sdp"])) if answer else None


def _tried(ask: Ask, kind: Kind, address: str) -> Finding:
    probe = Probe(kind)
    answer = ask("open_probe", {"sdp": probe.offer()}) or {}
    sdp, peer = str(answer.get("sdp", "")), str(answer.get("peer", ""))
    port = next((match["port"] for match in CANDIDATE.finditer(sdp) if match["kind"].lower() == kind), "?")
    try:
        is_reached = probe.is_reached(_only(sdp, kind, address), PATIENCE_S)
    finally:
        probe.close()
        ask("close_probe", {"peer": peer})
    place = f"{address} port {port}"
    if is_reached:
        return ok(kind, f"{kind.upper()} reaches the media node at {place}.")
    return failed(
        kind,
        f"{kind.upper()} does not reach the media node at {place}, which browsers are told.",
        f"Let {kind.upper()} port {port} through the firewall; if {address} is not an address that leads here, correct "
        "media_address. Behind a router that does not lead its own public address back inside, this can only be "
        "seen from outside.",
    )


def _only(sdp: str, kind: Kind, address: str) -> str:
    """The answer with this one way in it."""
    kept = []
    for line in sdp.splitlines():
        match = CANDIDATE.match(line)
        if match is None or (match["kind"].lower() == kind and match["address"] == address):
            kept.append(line)
    return "\r\n".join(kept) + "\r\n"
